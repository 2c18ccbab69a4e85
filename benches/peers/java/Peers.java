// event-ruler: the same run as peers-many does, for `java Peers MIX SIZE`. PEERS_DATA names the folder of the data.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import software.amazon.event.ruler.Machine;

public final class Peers {
    static final int PASSES = 5;
    static final long ENOUGH = 4_000_000_000L;
    static final ObjectMapper JSON = new ObjectMapper();

    /** CPU time of all threads, the collector's too. */
    static long cpu() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    static long memory() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    /** A rule as a pattern; quamina.rs of this folder makes the same of it. */
    static String pattern(JsonNode all) {
        ObjectNode root = JSON.createObjectNode();
        for (JsonNode test : all) {
            String op = test.get("op").asText(), kind = test.path("kind").asText();
            ArrayNode wanted = JSON.createArrayNode();
            if (op.equals("==")) {
                wanted.add(test.get("value"));
            } else if (op.equals("IN")) {
                wanted = (ArrayNode) test.get("value");
            } else if (kind.equals("prefix")) {
                wanted.addObject().set("prefix", test.get("value"));
            } else if (kind.equals("suffix")) {
                wanted.addObject().set("suffix", test.get("raw"));
            } else if (op.equals(">=")) {
                ArrayNode bounds = wanted.addObject().putArray("numeric").add(">=").add(test.get("value"));
                for (JsonNode other : all) {
                    if (other.get("field").equals(test.get("field")) && other.get("op").asText().equals("<")) {
                        bounds.add("<").add(other.get("value"));
                    }
                }
            } else {
                continue;
            }
            String[] keys = test.get("field").asText().split("\\.");
            ObjectNode at = root;
            for (int key = 0; key < keys.length - 1; key++) {
                at = at.has(keys[key]) ? (ObjectNode) at.get(keys[key]) : at.putObject(keys[key]);
            }
            at.set(keys[keys.length - 1], wanted);
        }
        return root.toString();
    }

    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(System.getenv("PEERS_DATA"));
        String mix = arguments[0];
        int size = Integer.parseInt(arguments[1]);
        List<String> events = Files.readAllLines(folder.resolve("citylots2.json"));
        List<String> rules = Files.readAllLines(folder.resolve("rules/" + mix + "_" + size + ".jsonl"));
        List<String> wanted = Files.readAllLines(folder.resolve("rules/" + mix + "_" + size + ".counts"));
        long before = memory();
        Machine machine = new Machine();
        for (int number = 0; number < size; number++) {
            machine.addRule(Integer.toString(number), pattern(JSON.readTree(rules.get(number)).get("all")));
        }
        int[] counts = new int[size];
        for (String event : events) {
            for (String rule : machine.rulesForJSONEvent(event)) {
                counts[Integer.parseInt(rule)]++;
            }
        }
        long used = memory() - before;
        int wrong = 0;
        for (int number = 0; number < size; number++) {
            if (counts[number] != Integer.parseInt(wanted.get(number).split(" ")[1])) {
                wrong++;
            }
        }
        List<Double> times = new ArrayList<>();
        long begun = cpu();
        while (times.size() < PASSES && (times.isEmpty() || cpu() - begun < ENOUGH)) {
            long pass = cpu();
            for (String event : events) {
                machine.rulesForJSONEvent(event);
            }
            times.add((cpu() - pass) / (double) events.size());
        }
        Collections.sort(times);
        System.out.printf(Locale.ROOT,
                "{\"table\":\"many\",\"case\":\"%s, %d\",\"contender\":\"event-ruler (Java)\",\"ns\":%.1f,\"low\":%.1f,\"high\":%.1f,"
                        + "\"events\":%d,\"rounds\":%d,\"bytes\":%d,\"wrong\":%d}%n",
                mix, size, times.get(times.size() / 2), times.get(0), times.get(times.size() - 1), events.size(), times.size(),
                used, wrong);
    }
}
