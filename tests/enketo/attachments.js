// What Enketo's engine asks about files: those of an entry that is edited are at the
// addresses that came with it, and the server says how large one may be.
import manager from 'enketo-core/src/js/file-manager.js';

const known = { urls: {}, maxSize: Infinity };

export const knowFiles = (urls, maxSize) => Object.assign(known, { urls, maxSize });

const getFileUrl = manager.getFileUrl;
manager.getFileUrl = (subject) =>
    typeof subject === 'string' && Object.hasOwn(known.urls, subject)
        ? Promise.resolve(known.urls[subject])
        : getFileUrl(subject);
manager.isTooLarge = (file) => file.size > known.maxSize;
manager.getMaxSizeReadable = () => `${known.maxSize} bytes`;

export default manager;
