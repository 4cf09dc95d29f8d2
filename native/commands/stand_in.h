// The PNG that stands in for a .lic file, where `lic encode --qa-fallback png` finds no quality that is enough.
#pragma once

#include <string>
#include <vector>

#include "lic/lic.h"
#include "native/jobs/inputs.h"
#include "native/picture_files/image_file.h"

namespace lic::native {

// The name of the PNG that stands in for a .lic file. Standard output, pipes and devices take either kind of file under
// their own name.
std::string StandInPath(const std::string& lic);

// The bytes of a PNG that says in its text "Software" that it stands in for a .lic file. Errors: those of WritePng.
Result<std::vector<uint8_t>> MakeStandIn(const PictureFile& source);

// Removes `other` after `written` was written: of a .lic file and its stand-in only one may be there, because a reader
// could not tell which is the newer one. Errors: kIoError.
Status RemoveOther(const std::string& written, const std::string& other);

// Removes the stand-in of a .lic file that was written. A PNG of that name may be somebody's picture, so one that does
// not say that it stands in stays, with a warning. Errors: kIoError.
Status RemoveStandIn(const std::string& lic, std::vector<std::string>& warnings);

// Takes out of the jobs the stand-ins that a search found: what a run made is no input of the next. Those whose names
// are given stay.
void LeaveOutStandIns(std::vector<Job>& jobs, const std::vector<std::string>& names);

// Makes failures of the jobs whose stand-in would overwrite an input.
void RefuseToOverwriteInputs(std::vector<Job>& jobs);

}  // namespace lic::native
