# Arrow and Parquet C++ from the pyarrow wheel in .venv: targets Arrow::arrow and Arrow::parquet.
set(_hint ${CMAKE_SOURCE_DIR}/.venv)
file(GLOB _dirs ${_hint}/lib/python3*/site-packages/pyarrow)
list(GET _dirs 0 ARROW_WHEEL_DIR)
file(GLOB _arrow ${ARROW_WHEEL_DIR}/libarrow.so.*)
file(GLOB _parquet ${ARROW_WHEEL_DIR}/libparquet.so.*)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(ArrowWheel REQUIRED_VARS ARROW_WHEEL_DIR _arrow _parquet
  REASON_FAILURE_MESSAGE "no pyarrow wheel in .venv: run tools/bootstrap.sh")
if(ArrowWheel_FOUND AND NOT TARGET Arrow::arrow)
  foreach(lib arrow parquet)
    list(GET _${lib} 0 _file)
    add_library(Arrow::${lib} SHARED IMPORTED)
    set_target_properties(Arrow::${lib} PROPERTIES IMPORTED_LOCATION ${_file} IMPORTED_NO_SONAME FALSE
      INTERFACE_INCLUDE_DIRECTORIES ${ARROW_WHEEL_DIR}/include)
  endforeach()
  target_link_libraries(Arrow::parquet INTERFACE Arrow::arrow)
  # The wheel's libparquet exports a simdjson of another version. Ours must stand before it, or the dynamic linker gives our code that one.
  target_link_options(Arrow::parquet INTERFACE
    LINKER:--push-state,--no-as-needed $<TARGET_FILE:simdjson::simdjson> LINKER:--pop-state)
endif()
