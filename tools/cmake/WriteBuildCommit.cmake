# Writes OUTPUT, a header with the commit that is being built; the file changes only when the commit does, so nothing is rebuilt in vain.
execute_process(COMMAND git -C ${SOURCE_DIR} describe --always --dirty --abbrev=12 --exclude=* OUTPUT_VARIABLE commit RESULT_VARIABLE failed
  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(failed)
  set(commit "unknown")
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "#define TICKGRAPH_COMMIT \"${commit}\"\n")
