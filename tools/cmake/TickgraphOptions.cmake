# Flags of every room. `tickgraph_room(NAME SOURCES… LINKS…)` makes one library target a room.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
option(TICKGRAPH_TESTS "Build the tests" ON)
option(TICKGRAPH_BENCH "Build the benchmarks" ON)
option(TICKGRAPH_CUDA "Build the CUDA engine where a CUDA compiler is found" ON)
set(TICKGRAPH_SANITIZE "" CACHE STRING "address,undefined or thread")

# One build runs on every x86-64 machine since 2009; kernels/ chooses wider instructions at run time.
# No contraction, no fast-math: a number that can reach a signal has the same bits on every engine.
add_compile_options(-march=x86-64-v2 -ffp-contract=off -fopenmp-simd -Wall -Wextra -Werror=return-type -fno-omit-frame-pointer -g1)
set(CMAKE_CXX_FLAGS_RELEASE "-O3")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1")
if(TICKGRAPH_SANITIZE)
  add_compile_options(-fsanitize=${TICKGRAPH_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TICKGRAPH_SANITIZE})
endif()

# tickgraph_room(hot LINKS a b): a static library tickgraph_hot of every *.cc beside the caller (an interface library where there is none).
function(tickgraph_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINKS" ${ARGN})
  if(NOT ROOM_SOURCES)
    file(GLOB ROOM_SOURCES CONFIGURE_DEPENDS *.cc)
  endif()
  if(ROOM_SOURCES)
    add_library(tickgraph_${name} STATIC ${ROOM_SOURCES})
    target_include_directories(tickgraph_${name} PUBLIC ${CMAKE_SOURCE_DIR})
    target_link_libraries(tickgraph_${name} PUBLIC ${ROOM_LINKS})
  else()
    add_library(tickgraph_${name} INTERFACE)
    target_include_directories(tickgraph_${name} INTERFACE ${CMAKE_SOURCE_DIR})
    target_link_libraries(tickgraph_${name} INTERFACE ${ROOM_LINKS})
  endif()
endfunction()

# tickgraph_tests(hot LINKS a b): one executable of every *_test.cc beside the caller, its cases known to CTest.
function(tickgraph_tests room)
  cmake_parse_arguments(TEST "" "" "LINKS;LABELS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *_test.cc)
  if(NOT sources)
    return()
  endif()
  add_executable(${room}_test ${sources})
  target_link_libraries(${room}_test PRIVATE ${TEST_LINKS} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${room}_test PRIVATE TICKGRAPH_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  target_compile_options(${room}_test PRIVATE $<$<CONFIG:Release>:-O2>)  # after -O3: tests are compiled oftener than run
  gtest_discover_tests(${room}_test DISCOVERY_TIMEOUT 120 DISCOVERY_MODE PRE_TEST NO_PRETTY_VALUES PROPERTIES LABELS "${room}")
endfunction()

# The flags of files that are built for wider machines than the rest, by name.
function(tickgraph_wide_sources)
  file(GLOB avx2 CONFIGURE_DEPENDS *_avx2.cc)
  set_source_files_properties(${avx2} PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma")
  file(GLOB avx512 CONFIGURE_DEPENDS *_avx512.cc)
  set_source_files_properties(${avx512} PROPERTIES COMPILE_OPTIONS
    "-mavx512f;-mavx512dq;-mavx512vl;-mavx512bw;-mfma;-mprefer-vector-width=512")
endfunction()
