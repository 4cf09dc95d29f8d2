// Runs the registered tests whose names contain the argument, all without one; exit status 1 if any failed or none ran.
#include <cstring>

#include "support/check.h"

int main(int argc, char** argv) {
  const char* filter = argc > 1 ? argv[1] : "";
  int passed = 0, failed = 0;
  for (const lic::test::Case* test = lic::test::first_case; test; test = test->next) {
    if (!std::strstr(test->name, filter)) continue;
    lic::test::failed_checks = 0;
    test->run();
    if (lic::test::failed_checks) {
      std::printf("FAILED %s: %d checks\n", test->name, lic::test::failed_checks);
      failed++;
    } else {
      passed++;
    }
    std::fflush(stdout);
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed || !passed;
}
