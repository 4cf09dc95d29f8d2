// What a header and a whole file say to a caller.
#pragma once

#include "container/container.h"

namespace lic {

Info ToInfo(const Header& header);
Layout ToLayout(const Container& container);

}  // namespace lic
