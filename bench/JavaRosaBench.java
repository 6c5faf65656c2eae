// Judges instances with JavaRosa (the classes inside pyxform's ODK_Validate.jar) as
// ODK Collect does it: read the XML, put it into the form, initialise, validate(true).
//
//   java -cp ODK_Validate.jar:CLASSES JavaRosaBench FORM.xml INSTANCES FORM.xml ...
//
// INSTANCES has an instance on each line. Commands come on the standard input, with the
// number of the form: `judge 0` judges its instances, and answers with the nanoseconds of
// processor time that the whole process took (compiler and collector included);
// `verdicts 0` writes a line for each.

import com.sun.management.OperatingSystemMXBean;

import org.javarosa.core.model.CoreModelModule;
import org.javarosa.core.model.FormDef;
import org.javarosa.core.model.ValidateOutcome;
import org.javarosa.core.model.instance.FormInstance;
import org.javarosa.core.model.instance.InstanceInitializationFactory;
import org.javarosa.core.model.instance.TreeElement;
import org.javarosa.core.services.PrototypeManager;
import org.javarosa.core.util.JavaRosaCoreModule;
import org.javarosa.form.api.FormEntryController;
import org.javarosa.model.xform.XFormsModule;
import org.javarosa.xform.parse.XFormParser;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.Reader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;

public class JavaRosaBench {
    final FormDef form;
    final FormInstance blank;
    final List<byte[]> instances = new ArrayList<>();

    JavaRosaBench(String formFile, String instancesFile) throws Exception {
        form = new XFormParser(reader(Files.readAllBytes(Paths.get(formFile)))).parse();
        blank = form.getMainInstance().clone();
        for (String line : Files.readAllLines(Paths.get(instancesFile))) {
            instances.add(line.getBytes(StandardCharsets.UTF_8));
        }
    }

    public static void main(String[] arguments) throws Exception {
        PrintStream answers = new PrintStream(System.out, true, "UTF-8");
        System.setOut(System.err); // The engine sometimes prints.
        PrototypeManager.registerPrototypes(JavaRosaCoreModule.classNames);
        PrototypeManager.registerPrototypes(CoreModelModule.classNames);
        new XFormsModule().registerModule();
        List<JavaRosaBench> forms = new ArrayList<>();
        for (int at = 0; at < arguments.length; at += 2) {
            forms.add(new JavaRosaBench(arguments[at], arguments[at + 1]));
        }
        OperatingSystemMXBean machine = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            String[] words = line.split(" ");
            JavaRosaBench bench = forms.get(Integer.parseInt(words[1]));
            if (words[0].equals("verdicts")) {
                for (byte[] xml : bench.instances) answers.println(bench.verdict(xml));
            } else {
                long began = machine.getProcessCpuTime();
                for (byte[] xml : bench.instances) bench.judge(xml);
                answers.println(machine.getProcessCpuTime() - began);
            }
        }
    }

    static Reader reader(byte[] xml) {
        return new InputStreamReader(new ByteArrayInputStream(xml), StandardCharsets.UTF_8);
    }

    /** Loads an instance as XFormParser does, and asks every question. */
    ValidateOutcome judge(byte[] xml) throws Exception {
        TreeElement saved = XFormParser.restoreDataModel(XFormParser.getXMLDocument(reader(xml)), null).getRoot();
        form.setInstance(blank.clone());
        TreeElement root = form.getMainInstance().getRoot().deepCopy(true);
        root.populate(saved, form);
        form.getMainInstance().setName(null);
        form.getMainInstance().setRoot(root);
        form.initialize(false, new InstanceInitializationFactory());
        return form.validate(true);
    }

    /** The first rule that fails and where, or ok. */
    String verdict(byte[] xml) {
        try {
            ValidateOutcome found = judge(xml);
            if (found == null) return "ok";
            boolean isEmpty = found.outcome == FormEntryController.ANSWER_REQUIRED_BUT_EMPTY;
            TreeElement at = form.getMainInstance().resolveReference(found.failedPrompt.getReference());
            return (isEmpty ? "required " : "constraint ") + path(at);
        } catch (Exception error) {
            return "error " + error;
        }
    }

    /** Where an element stands, with an index (from 1) on repeats only. */
    static String path(TreeElement element) {
        StringBuilder text = new StringBuilder();
        for (TreeElement at = element; at != null && at.getName() != null; at = (TreeElement) at.getParent()) {
            text.insert(0, "/" + at.getName() + (at.isRepeatable() ? "[" + (at.getMult() + 1) + "]" : ""));
        }
        return text.toString();
    }
}
