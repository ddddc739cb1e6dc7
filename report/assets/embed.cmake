# cmake -D OUTPUT=assets.c -D FILES=name:path;... -P embed.cmake: files as arrays in C.
set(text "#include \"report/assets/assets.h\"\n")
foreach(pair ${FILES})
  string(REPLACE ":" ";" pair ${pair})
  list(GET pair 0 name)
  list(GET pair 1 file)
  file(READ ${file} bytes HEX)
  string(LENGTH "${bytes}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  string(APPEND text "\nstatic const unsigned char ${name}[] = {${bytes}};\n"
         "const struct asset asset_${name} = {(const char *)${name}, ${size}};\n")
endforeach()
file(WRITE ${OUTPUT} "${text}")
