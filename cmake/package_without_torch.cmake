# Run by cpack before it packs: leaves out the link to this machine's LibTorch.
file(GLOB_RECURSE entries LIST_DIRECTORIES true ${CPACK_TEMPORARY_DIRECTORY}/*/torch)
foreach(entry ${entries})
  if(IS_SYMLINK ${entry} AND entry MATCHES "/lib/gistmill/torch$")
    file(REMOVE ${entry})
  endif()
endforeach()
