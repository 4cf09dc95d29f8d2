// Says what a file is that is not read, by how it begins.
#pragma once

#include "lic/lic.h"

namespace lic::native {

// Such as "a TIFF file". Null if the bytes begin like nothing known.
const char* NameOfKind(Bytes file);

}  // namespace lic::native
