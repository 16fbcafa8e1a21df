# Run by cpack before it packs: leaves out the links to this machine's LibTorch and Arrow.
file(GLOB_RECURSE entries LIST_DIRECTORIES true ${CPACK_TEMPORARY_DIRECTORY}/*/torch ${CPACK_TEMPORARY_DIRECTORY}/*/arrow)
foreach(entry ${entries})
  if(IS_SYMLINK ${entry} AND entry MATCHES "/lib/gistmill/(torch|arrow)$")
    file(REMOVE ${entry})
  endif()
endforeach()
