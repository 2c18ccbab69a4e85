#undef NDEBUG
#include <assert.h>

#include "stage.c"
#include "cascata_test.h"

int main(void) {
    assert(strcmp(cascata_test("{\"amount\": 20}", "{}")->result, "pass") == 0);
    assert(strcmp(cascata_test("{\"amount\": 20}", "{\"limit\": 10}")->result, "review") == 0);
    assert(strcmp(cascata_test("{}", "{}")->message, "amount is not a number") == 0);
    puts("passed");
    return 0;
}
