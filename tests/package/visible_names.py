"""Which names liblic.so may show: the functions that the public headers mark with LIC_API, and the methods of the
classes that they mark. See shared/include/lic/api.h."""
import re

IGNORED = re.compile(r"//[^\n]*|/\*.*?\*/|^#(\\\n|[^\n])*|\[\[.*?\]\]|=\s*\{\}|\"[^\"\n]*\"", re.S | re.M)
NAME = re.compile(r"(~?\w+|operator\W+?)\s*\(")


def marked_names(header):
    """The qualified names that a header marks, from its text."""
    names = set()
    scopes = []  # (name, marked class or not) of each open brace; the name is empty for a function or `extern "C"`
    for text, end in re.findall(r"([^;{}]*)([;{}])", IGNORED.sub(" ", header)):
        scope = re.search(r"\b(namespace|class|struct|enum class)\s+(LIC_API\s+)?(\w+)", text)
        is_type = scope and scope[1] != "namespace" and "(" not in text
        in_class = bool(scopes) and scopes[-1][1]
        if not is_type and "= default" not in text and ("LIC_API" in text or in_class):
            name = NAME.search(re.sub(r"\w+:$", "", text.strip()))
            if name and (end == ";" or not in_class):  # a method with a body is compiled into whoever calls it
                names.add("::".join([outer for outer, _ in scopes if outer] + [name[1]]))
        if end == "{":
            named = scope and "(" not in text
            scopes.append((scope[3], bool(scope[2])) if named else ("", False))
        elif end == "}" and scopes:
            scopes.pop()
    return names


def visible_names(nm_output):
    """The qualified names in what `nm -DC --defined-only` prints, without their arguments."""
    return {re.sub(r"(\[abi:\w+\])?\(.*", "", line.split(" ", 2)[2]) for line in nm_output.splitlines() if line}


def faults(nm_output, headers):
    """What a library shows beyond its headers, and what it hides of them, as sentences."""
    visible, marked = visible_names(nm_output), set().union(*map(marked_names, headers))
    return [f"{name} is visible, and no public header marks it with LIC_API" for name in sorted(visible - marked)] + [
        f"{name} is marked with LIC_API and not visible" for name in sorted(marked - visible)
    ]


def check_itself():
    """Shows that faults() finds a name too many and one too few."""
    header = """
    namespace lic {
    /* LIC_API void Comment(); */
    LIC_API const char* Name(int = {});
    class LIC_API Model {
     public:
      bool operator==(const Model&) const = default;
      int size() const { return Get(1); }
      Model& operator=(Model&&);
      ~Model();
      struct Data { void Inner(); };
     private:
      int id() const;
    };
    namespace internal { LIC_API void Release(void*); }
    void Unmarked();
    }
    extern "C" {
    LIC_API int lic_load(int file);
    }
    """
    names = ["lic::Name(int)", "lic::Model::operator=(lic::Model&&)", "lic::Model::~Model()", "lic_load"]
    names += ["lic::Model::id[abi:cxx11]() const", "lic::internal::Release(void*)"]
    listed = "".join(f"0000000000001000 T {name}\n" for name in names)
    assert faults(listed, [header]) == [], faults(listed, [header])
    assert len(faults(listed + "0000000000001000 T lic::Unmarked()\n", [header])) == 1
    assert len(faults(listed + "0000000000001000 W xnn_run_operator\n", [header])) == 1
    assert len(faults(listed.replace("lic_load", "lic::Name(int)"), [header])) == 1
