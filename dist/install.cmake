# Runs at installation: the prefix, and with it where the configuration is, is known only now.
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(etc /etc)
else()
  set(etc ${CMAKE_INSTALL_PREFIX}/etc)
endif()
set(bin ${CMAKE_INSTALL_PREFIX}/bin)

file(GLOB units ${source}/systemd/*.service ${source}/systemd/*.timer)
foreach(unit ${units})
  get_filename_component(name ${unit} NAME)
  configure_file(${unit} ${scratch}/${name} @ONLY)
  file(INSTALL ${scratch}/${name} DESTINATION ${CMAKE_INSTALL_PREFIX}/lib/systemd/system)
endforeach()
file(INSTALL ${source}/systemd/dnsblame.sysusers DESTINATION ${CMAKE_INSTALL_PREFIX}/lib/sysusers.d
     RENAME dnsblame.conf)

# What somebody has edited stays.
foreach(file dnsblame.conf systemd/daily.env systemd/ship.env)
  get_filename_component(name ${file} NAME)
  if(NOT EXISTS $ENV{DESTDIR}${etc}/dnsblame/${name})
    file(INSTALL ${source}/${file} DESTINATION ${etc}/dnsblame)
  endif()
endforeach()
