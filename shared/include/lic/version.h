/* The version of LIC: of the library, of the command `lic` and of the npm package `lic-codec`. CMake reads it here.
 *
 * The macros say for which version a program was compiled. lic::Version() and lic_version() say with which it runs.
 * Up to 1.0.0 the minor version rises when programs have to be changed or compiled anew; the patch version rises when
 * they have not. Versions of the file format are other numbers: see lic::Info::version.
 */
#ifndef LIC_VERSION_H_
#define LIC_VERSION_H_

#include "lic/api.h"

#define LIC_VERSION_MAJOR 0
#define LIC_VERSION_MINOR 1
#define LIC_VERSION_PATCH 0

#ifdef __cplusplus

namespace lic {

// Returns the version of the library as "MAJOR.MINOR.PATCH". The text is a constant of the library.
LIC_API const char* Version();

}  // namespace lic

#endif

#endif
