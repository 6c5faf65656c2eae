// The page of the stand-in: Enketo's own engine on its own transformer's output, with
// the calls of Enketo Express around them (tests/enketo/standin.py answers these).
import { Form } from 'enketo-core';
import { transform } from 'enketo-transformer/web';
import files, { knowFiles } from './attachments.js';

const { enketoId, instanceId, returnUrl, isEdit } = window.settings;
const parser = new DOMParser();

const told = async (response) => {
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return response;
};

const rowsOf = (csv) => {
    const rows = [[]];
    for (const [, quoted, plain, end] of csv.matchAll(
        /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/g
    )) {
        rows.at(-1).push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
        if (end !== ',') rows.push([]);
    }
    return rows.filter((row) => row.length > 1);
};

const listOf = (csv) => {
    const [names, ...rows] = rowsOf(csv.replace(/^\ufeff/, ''));
    const list = parser.parseFromString('<root/>', 'text/xml');
    for (const row of rows) {
        const item = list.createElement('item');
        names.forEach((name, index) => {
            item.append(list.createElement(name));
            item.lastChild.textContent = row[index];
        });
        list.documentElement.append(item);
    }
    return list;
};

const externalLists = (model, media) =>
    Promise.all(
        [...model.querySelectorAll('instance[id][src]')].map(async (instance) => {
            const name = instance.getAttribute('src').split('/').at(-1);
            const response = await told(await fetch(media[name]));
            return { id: instance.id, xml: listOf(await response.text()) };
        })
    );

const toInstance = async () => {
    const query = `instanceId=${encodeURIComponent(instanceId)}`;
    const response = await told(await fetch(`/submission/${enketoId}?${query}`));
    return response.json();
};

const multipart = (form) => {
    const entry = parser.parseFromString(
        form.getDataStr({ irrelevant: false }),
        'text/xml'
    );
    const named = [...entry.querySelectorAll('[type="file"]')].map((node) => {
        node.removeAttribute('type');
        return node.textContent;
    });
    const xml = new XMLSerializer().serializeToString(entry.documentElement);
    const body = new FormData();
    const blob = new Blob([xml], { type: 'text/xml' });
    body.append('xml_submission_file', blob, 'xml_submission_file');
    files
        .getCurrentFiles()
        .filter((file) => named.includes(file.name))
        .forEach((file) => body.append(file.name, file, file.name));
    return body;
};

const submit = async (form) => {
    form.view.html.dispatchEvent(new CustomEvent('before-save', { bubbles: true }));
    const response = await fetch(`/submission/${enketoId}`, {
        method: 'POST',
        cache: 'no-cache',
        headers: {
            'X-OpenRosa-Version': '1.0',
            'X-OpenRosa-Deprecated-Id': form.deprecatedID,
            'X-OpenRosa-Instance-Id': form.instanceID,
        },
        body: multipart(form),
    });
    const answer = parser.parseFromString(await response.text(), 'text/xml');
    const message = answer.querySelector('OpenRosaResponse > message')?.textContent;
    return { status: response.status, message, instanceId: form.instanceID };
};

const open = async () => {
    const survey = await (
        await told(await fetch(`/transform/xform/${enketoId}`, { method: 'POST' }))
    ).json();
    const { form: html, model } = await transform({ xform: survey.xform });
    const { maxSize } = await (
        await told(await fetch(`/submission/max-size/${enketoId}`))
    ).json();
    const edited = isEdit ? await toInstance() : { instanceAttachments: {} };
    knowFiles(edited.instanceAttachments, Number(maxSize));
    document.querySelector('main').innerHTML = html;
    const form = new Form(document.querySelector('form.or'), {
        modelStr: model,
        instanceStr: edited.instance,
        external: await externalLists(
            parser.parseFromString(model, 'text/xml'),
            survey.media
        ),
        submitted: isEdit,
        session: { deviceid: `${location.hostname}:aBcDeFgHiJkLmNoP` },
    });
    return [form, form.init()];
};

const show = (state, text) => {
    document.body.dataset.state = state;
    document.querySelector('#told').textContent = text;
};

try {
    const [form, errors] = await open();
    document.querySelector('#submit').addEventListener('click', async () => {
        show('checking', '');
        if (!(await form.validate())) return show('invalid', '');
        show('sending', '');
        const result = await submit(form);
        window.result = result;
        const isTaken = [201, 202].includes(result.status);
        show(isTaken ? 'sent' : 'refused', result.message ?? String(result.status));
        if (isTaken && isEdit) location.href = decodeURIComponent(returnUrl);
    });
    window.form = form;
    show(errors.length ? 'broken' : 'ready', errors.join('\n'));
} catch (error) {
    show('broken', `${error.stack}`);
}
