// Checks PDF files with the veraPDF engine: one line a file and a flavour, then one line a rule that fails.
//   java -cp ... VeraPdf.java 2a,ua1 FILE.pdf ...
import java.io.FileInputStream;
import java.util.Map;
import java.util.TreeMap;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

public class VeraPdf {
    public static void main(String[] args) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        for (int i = 1; i < args.length; i++) {
            for (String id : args[0].split(",")) {
                check(args[i], PDFAFlavour.byFlavourId(id));
            }
        }
    }

    private static void check(String file, PDFAFlavour flavour) throws Exception {
        try (PDFAParser parser = Foundries.defaultInstance().createParser(new FileInputStream(file), flavour);
                PDFAValidator validator =
                        Foundries.defaultInstance().createValidator(flavour, 10000, false, false, false)) {
            ValidationResult result = validator.validate(parser);
            System.out.println(String.join("\t", "file", file, flavour.getId(), result.isCompliant() ? "PASS" : "FAIL"));
            Map<String, String> failed = new TreeMap<>();
            for (TestAssertion test : result.getTestAssertions()) {
                if (test.getStatus() == TestAssertion.Status.FAILED) {
                    String rule = test.getRuleId().getClause() + "-" + test.getRuleId().getTestNumber();
                    failed.putIfAbsent(rule, test.getMessage().replaceAll("\\s+", " "));
                }
            }
            failed.forEach((rule, why) -> System.out.println(String.join("\t", "rule", rule, why)));
        }
    }
}
