// A small test frame: TEST(name) { ... } registers a test, CHECK and its kin record failures and go on. Each test file
// links with main.cpp into an executable of its own; an argument runs only the tests whose names contain it.
#pragma once

#include <cmath>
#include <cstdio>
#include <string>
#include <type_traits>

namespace lic::test {

struct Case {
  const char* name;
  void (*run)();
  Case* next;
};

// Head of the list of registered tests, and the number of failed checks of the running one.
inline Case* first_case = nullptr;
inline int failed_checks = 0;

inline bool Register(Case* test) {
  Case** end = &first_case;
  while (*end) end = &(*end)->next;
  *end = test;
  return true;
}

inline bool Report(bool ok, const char* file, int line, const char* text, const std::string& detail = {}) {
  if (ok) return true;
  failed_checks++;
  std::printf("%s:%d: failed: %s%s%s\n", file, line, text, detail.empty() ? "" : ": ", detail.c_str());
  return false;
}

// A value as text, for messages.
template <class T>
std::string Show(const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_enum_v<T>) {
    return std::to_string(static_cast<long long>(value));
  } else if constexpr (std::is_floating_point_v<T>) {
    char text[40];
    std::snprintf(text, sizeof(text), "%.9g", static_cast<double>(value));
    return text;
  } else if constexpr (std::is_arithmetic_v<T>) {
    return std::to_string(value);
  } else if constexpr (std::is_convertible_v<T, std::string>) {
    return "\"" + std::string(value) + "\"";
  } else {
    return "?";
  }
}

// Integers compare by value, whatever their signs; everything else by ==.
template <class A, class B>
bool Equal(const A& a, const B& b) {
  if constexpr (std::is_integral_v<A> && std::is_integral_v<B>) {
    if (std::is_signed_v<A> != std::is_signed_v<B> &&
        ((std::is_signed_v<A> && a < A{}) || (std::is_signed_v<B> && b < B{}))) {
      return false;
    }
    using Wide = std::common_type_t<A, B>;
    return static_cast<Wide>(a) == static_cast<Wide>(b);
  } else if constexpr (std::is_convertible_v<A, std::string> && std::is_convertible_v<B, std::string>) {
    return std::string(a) == std::string(b);
  } else {
    return a == b;
  }
}

template <class A, class B>
bool ReportEqual(const A& a, const B& b, const char* file, int line, const char* text) {
  const bool ok = Equal(a, b);
  return Report(ok, file, line, text, ok ? std::string{} : Show(a) + " against " + Show(b));
}

inline bool ReportNear(double a, double b, double tolerance, const char* file, int line, const char* text) {
  const bool ok = std::fabs(a - b) <= tolerance;
  return Report(ok, file, line, text,
                ok ? std::string{} : Show(a) + " against " + Show(b) + ", tolerance " + Show(tolerance));
}

}  // namespace lic::test

#define TEST(name)                                                                                      \
  static void Test##name();                                                                             \
  static ::lic::test::Case test_case_##name = {#name, Test##name, nullptr};                             \
  [[maybe_unused]] static const bool test_registered_##name = ::lic::test::Register(&test_case_##name); \
  static void Test##name()

// Each is an expression that is true where the check holds: `if (!CHECK(result.ok())) return;`.
#define CHECK(condition) ::lic::test::Report(static_cast<bool>(condition), __FILE__, __LINE__, #condition)
#define CHECK_EQ(a, b) ::lic::test::ReportEqual((a), (b), __FILE__, __LINE__, #a " == " #b)
#define CHECK_NEAR(a, b, tolerance) ::lic::test::ReportNear((a), (b), (tolerance), __FILE__, __LINE__, #a " ~ " #b)
