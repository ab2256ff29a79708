# Writes a C++ source with the contents of files as string constants. Run by the build:
#   cmake -D OUTPUT=<file> -D FOLDER=<folder> -D FILES=<name;name> -D HEADER=<header> -D NAMESPACE=<name> -P <this>
# A file page.css becomes the constant page_css. Each is cut into pieces, since compilers bound the length of a literal.
set(text "// Made by the build from files; see cmake/embed.cmake.\n#include \"${HEADER}\"\n\n")
string(APPEND text "namespace ${NAMESPACE} {\n\n")
foreach(name IN LISTS FILES)
  string(REGEX REPLACE "[^A-Za-z0-9]" "_" constant "${name}")
  file(READ "${FOLDER}/${name}" bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" bytes "${bytes}")
  # A literal every 4000 characters, which is 1000 bytes; adjacent ones are one.
  string(LENGTH "${bytes}" length)
  set(pieces "")
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${bytes}" ${at} 4000 piece)
    string(APPEND pieces "  \"${piece}\"\n")
    math(EXPR at "${at} + 4000")
  endwhile()
  math(EXPR count "${length} / 4")
  string(APPEND text "const std::string_view ${constant}{\n${pieces}  , ${count}};\n\n")
endforeach()
string(APPEND text "} // namespace ${NAMESPACE}\n")
file(WRITE "${OUTPUT}" "${text}")
