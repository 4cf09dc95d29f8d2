/* LIC_API marks what liblic.so shows: the functions and classes of the public headers. The library is compiled with
 * everything else hidden, so that internals may be renamed without a change for programs that are linked to it.
 *
 * A class that is marked shows all of its members. LIC_HIDDEN takes a class inside it back, such as Model::Data. */
#ifndef LIC_API_H_
#define LIC_API_H_

#if defined(__GNUC__) && !defined(__EMSCRIPTEN__)
#define LIC_API __attribute__((visibility("default")))
#define LIC_HIDDEN __attribute__((visibility("hidden")))
#else
#define LIC_API
#define LIC_HIDDEN
#endif

#endif
