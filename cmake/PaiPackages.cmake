# The Debian packages pai-master, pai-node and paictl: `cpack` below a build folder, or scripts/package.
# What is installed where stands here; scripts of the package manager and texts are in cmake/packages/.
set(PAI_PACKAGE_VERSION "${PROJECT_VERSION}-1" CACHE STRING "Version of the packages")
# The time that all files carry: the commit's.
set(epoch "$ENV{SOURCE_DATE_EPOCH}")
if(epoch STREQUAL "")
  execute_process(COMMAND git log -1 --format=%ct WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}" OUTPUT_VARIABLE epoch OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT epoch MATCHES "^[0-9]+$")
  set(epoch 0)
endif()
if(PAI_SANITIZE)
  return()
endif()
set(packaging "${CMAKE_SOURCE_DIR}/cmake/packages")
set(packages "${CMAKE_BINARY_DIR}/packages.d")
include("${packaging}/control.cmake")

# pai_zipped(OUTPUT SOURCE): the page or list, compressed with no name or time in it.
set(zipped_files)
function(pai_zipped output source)
  add_custom_command(OUTPUT "${output}" COMMAND sh -c "gzip -9n <'${source}' >'${output}'" DEPENDS "${source}" VERBATIM)
  set(zipped_files ${zipped_files} "${output}" PARENT_SCOPE)
endfunction()

# pai_manual(NAME COMMAND…): a manual page that a program prints.
function(pai_manual name program)
  add_custom_command(OUTPUT "${packages}/man/${name}.gz"
    COMMAND sh -c "'$<TARGET_FILE:${program}>' \"$@\" | gzip -9n >'${packages}/man/${name}.gz'" sh ${ARGN} DEPENDS ${program} VERBATIM)
  set(zipped_files ${zipped_files} "${packages}/man/${name}.gz" PARENT_SCOPE)
endfunction()

file(MAKE_DIRECTORY "${packages}/man")
foreach(daemon master node)
  pai_manual(pai-${daemon}.8 pai-${daemon} --manual 8)
  pai_manual(pai-${daemon}.toml.5 pai-${daemon} --manual 5)
  install(FILES "${packages}/man/pai-${daemon}.8.gz" DESTINATION share/man/man8 COMPONENT pai-${daemon})
  install(FILES "${packages}/man/pai-${daemon}.toml.5.gz" DESTINATION share/man/man5 COMPONENT pai-${daemon})
endforeach()
pai_zipped("${packages}/man/pai-client.8.gz" "${packaging}/pai-client.8")
install(FILES "${packages}/man/pai-client.8.gz" DESTINATION share/man/man8 COMPONENT pai-node)
foreach(word "" task data node explain preflight grant pending approve reject user pki ledger audit completion man)
  if(word STREQUAL "")
    set(page paictl.1)
  else()
    set(page paictl-${word}.1)
  endif()
  pai_manual(${page} paictl man ${word})
  install(FILES "${packages}/man/${page}.gz" DESTINATION share/man/man1 COMPONENT paictl)
endforeach()

foreach(shell bash zsh)
  add_custom_command(OUTPUT "${packages}/completion.${shell}"
    COMMAND sh -c "'$<TARGET_FILE:paictl>' completion ${shell} >'${packages}/completion.${shell}'" DEPENDS paictl VERBATIM)
endforeach()
install(FILES "${packages}/completion.bash" DESTINATION share/bash-completion/completions RENAME paictl COMPONENT paictl)
install(FILES "${packages}/completion.zsh" DESTINATION share/zsh/vendor-completions RENAME _paictl COMPONENT paictl)

pai_zipped("${packages}/changelog.gz" "${CMAKE_SOURCE_DIR}/CHANGELOG.md")
# date(1) writes the time as RFC 5322 has it.
execute_process(COMMAND "${CMAKE_COMMAND}" -E env LC_ALL=C date -u -R -d "@${epoch}" OUTPUT_VARIABLE changed OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
foreach(package pai-master pai-node paictl)
  file(CONFIGURE OUTPUT "${packages}/${package}/changelog" CONTENT
"@package@ (@PAI_PACKAGE_VERSION@) bookworm; urgency=medium

  * What changed for users, operators and integrators: changelog.gz.

 -- @maintainer@  @changed@
" @ONLY)
  pai_zipped("${packages}/${package}/changelog.Debian.gz" "${packages}/${package}/changelog")
  install(FILES "${packages}/changelog.gz" "${packages}/${package}/changelog.Debian.gz" "${packaging}/copyright" DESTINATION share/doc/${package} COMPONENT ${package})
  set(overrides "# No upload to Debian: there is no bug to close.\n${package}: initial-upload-closes-no-bugs *\n")
  if(NOT package STREQUAL "paictl")
    string(APPEND overrides "# The only question is asked at purge.\n${package}: no-debconf-config\n")
  endif()
  file(CONFIGURE OUTPUT "${packages}/${package}/overrides" CONTENT "${overrides}" @ONLY)
  install(FILES "${packages}/${package}/overrides" DESTINATION share/lintian/overrides RENAME ${package} COMPONENT ${package})
endforeach()
add_custom_target(pai_guides ALL DEPENDS ${zipped_files} "${packages}/completion.bash" "${packages}/completion.zsh")

# What the two daemons have alike.
function(pai_daemon_package daemon)
  cmake_parse_arguments(ARG "" "user;gecos;folders;purge_what" "" ${ARGN})
  set(package ${daemon})
  set(user ${ARG_user})
  set(gecos ${ARG_gecos})
  set(folders ${ARG_folders})
  set(purge_what ${ARG_purge_what})
  foreach(script postinst prerm postrm)
    configure_file("${packaging}/${script}.in" "${packages}/${package}/${script}" @ONLY FILE_PERMISSIONS
      OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  endforeach()
  configure_file("${packaging}/templates.in" "${packages}/${package}/templates" @ONLY)
  configure_file("${packaging}/logrotate.in" "${packages}/${package}/logrotate" @ONLY)
  file(CONFIGURE OUTPUT "${packages}/${package}/conffiles" CONTENT "/etc/pai/@daemon@.toml\n/etc/logrotate.d/@daemon@\n" @ONLY)
  file(READ "${CMAKE_SOURCE_DIR}/configs/systemd/${daemon}.service" unit)
  string(REPLACE "/usr/local/bin/" "/usr/bin/" unit "${unit}")
  file(CONFIGURE OUTPUT "${packages}/${package}/${daemon}.service" CONTENT "${unit}" @ONLY)
  install(FILES "${packages}/${package}/${daemon}.service" DESTINATION /lib/systemd/system COMPONENT ${package})
  install(FILES "${CMAKE_SOURCE_DIR}/configs/${daemon}.toml" DESTINATION /etc/pai COMPONENT ${package})
  install(FILES "${packages}/${package}/logrotate" DESTINATION /etc/logrotate.d RENAME ${daemon} COMPONENT ${package})
  string(TOUPPER ${package} upper)
  set(control)
  foreach(file postinst prerm postrm templates conffiles)
    list(APPEND control "${packages}/${package}/${file}")
  endforeach()
  set(CPACK_DEBIAN_${upper}_PACKAGE_CONTROL_EXTRA "${control}" PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_PACKAGE_DEPENDS "adduser, debconf (>= 0.5) | debconf-2.0, init-system-helpers (>= 1.52), procps" PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_PACKAGE_RECOMMENDS "paictl, systemd" PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_PACKAGE_SUGGESTS "logrotate" PARENT_SCOPE)
endfunction()

pai_daemon_package(pai-master user pai-master gecos "PAI master" folders ""
  purge_what "This is the record of every task, the users with their tokens, and the audit log.")
pai_daemon_package(pai-node user pai gecos "PAI node"
  # Where the owner puts tables before the first start.
  folders "  [ -d \"$state/raw\" ] || install -d -m 0700 -o \"$user\" -g \"$user\" \"$state/raw\""
  purge_what "These are the tables in raw/, the aligned data sets, models, ledgers of disclosures and the audit log.")

# For owners who hold clients to limits in units of systemd.
install(FILES "${CMAKE_SOURCE_DIR}/configs/systemd/pai-node-scopes.conf" DESTINATION share/doc/pai-node/examples COMPONENT pai-node)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME pai)
set(CPACK_PACKAGE_VENDOR "PAI")
# The words of CPack's own default, which it leaves out: each package has its own.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${CMAKE_PROJECT_NAME} built using CMake")
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_DIRECTORY "${CMAKE_BINARY_DIR}/packages")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL pai-master pai-node paictl)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS "${CMAKE_SOURCE_DIR}/cmake/PaiPackageTimes.cmake")
set(CPACK_PAI_EPOCH "${epoch}")
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_PACKAGE_VERSION "${PAI_PACKAGE_VERSION}")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "${maintainer}")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PAI-MASTER_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PAI-NODE_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PAICTL_PACKAGE_SECTION net)
foreach(package pai-master pai-node paictl)
  string(TOUPPER ${package} upper)
  string(REGEX REPLACE "^pai-" "" short ${package})
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${package})
  # CPack puts the blanks of continued lines there itself.
  string(REGEX REPLACE "\n " "\n" text "${description_${short}}")
  set(CPACK_COMPONENT_${upper}_DESCRIPTION "${text}")
endforeach()
include(CPack)
