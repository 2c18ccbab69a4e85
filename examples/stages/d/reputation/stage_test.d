/// Run by examples/stages/test.sh: ldc2 -betterC with the test host of the C SDK.
module stage_test;

import core.stdc.stdio : puts;
import core.stdc.string : strncmp, strstr;
import cascata : Code;
import cascata_capabilities : Http, Kv;
import cascata_testing;
import stage;

enum LINE = "GET https://rate.example.com/10.1.2.3";

const(Report)* rate() {
    return cascata_test(`{"ip": "10.1.2.3"}`, `{"url": "https://rate.example.com", "remember_ms": 60000}`);
}

void aRatingIsAskedForOnceAndRemembered() {
    cascata_test_answer(LINE, 200, "82\n");
    const report = rate();
    assert(report.ok && is_(report.result, "bad") && report.confidence == 0.82);
    assert(is_(report.data, `{"rating":82,"source":"service","payments":1}`));
    assert(strstr(cascata_test_request(), `"authorization":"Bearer t0ken"`) && strstr(cascata_test_request(), `"x-request-id":"`));
    assert(is_(cascata_test_kv_value("rating/10.1.2.3"), "82"));
    assert(strncmp(cascata_test_metrics(), "counter asked 1\nhistogram answer_ms 0.001\n", 41) == 0);
    cascata_test_answer(LINE, 200, "1");
    assert(is_(rate().data, `{"rating":82,"source":"memory","payments":2}`));
    assert(strstr(cascata_test_metrics(), "counter remembered 1\n") && cascata_test_kv_counter("payments/10.1.2.3") == 2);
    cascata_test_clock(61_000);
    assert(is_(rate().data, `{"rating":1,"source":"service","payments":3}`));
}

void aStoreThatIsOutOfOrderCostsOnlyTheMemory() {
    cascata_test_kv_fails(Kv.unavailable);
    const report = rate();
    assert(is_(report.data, `{"rating":1,"source":"service","payments":0}`));
    assert(is_(report.log, "the test lets kv fail\n"));
    cascata_test_kv_fails(0);
}

void aServiceThatDoesNotAnswerFailsTheStageAndSaysHow() {
    cascata_test_clock(10_000_000);
    cascata_test_answer(LINE, Http.unreachable, "refused");
    const unreachable = rate();
    assert(!unreachable.ok && unreachable.code == Code.unavailable && unreachable.retryable && is_(unreachable.message, "refused"));
    cascata_test_answer(LINE, Http.notAllowed, "not listed");
    const refused = rate();
    assert(!refused.ok && refused.code == Code.internal && !refused.retryable);
    cascata_test_answer(LINE, 503, "");
    const busy = rate();
    assert(!busy.ok && busy.status == 503 && busy.retryable && busy.retry_after_ms == 1000);
    static foreach (answer; ["", "x", "101", "-1"]) {
        cascata_test_answer(LINE, 200, answer);
        assert(is_(rate().message, "the service's answer is no rating"));
    }
}

extern (C) int main() {
    cascata_test_secret("REPUTATION_TOKEN", "t0ken");
    aRatingIsAskedForOnceAndRemembered();
    aStoreThatIsOutOfOrderCostsOnlyTheMemory();
    aServiceThatDoesNotAnswerFailsTheStageAndSaysHow();
    puts("reputation in D: 3 tests passed");
    return 0;
}
