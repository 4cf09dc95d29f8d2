#include "lic/version.h"

#define LIC_TEXT_(number) #number
#define LIC_TEXT(number) LIC_TEXT_(number)

namespace lic {

const char* Version() {
  return LIC_TEXT(LIC_VERSION_MAJOR) "." LIC_TEXT(LIC_VERSION_MINOR) "." LIC_TEXT(LIC_VERSION_PATCH);
}

}  // namespace lic
