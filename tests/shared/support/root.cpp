// The folder of the checkout, as CMake hands it to this file alone.
namespace lic::test {

extern const char kRootPath[];
const char kRootPath[] = LIC_ROOT;

}  // namespace lic::test
