# The CUDA engine, where a compiler is found: `tickgraph_cuda_sources(TARGET)` compiles every *.cu beside the caller into TARGET.
#
# nvcc is called directly, because a toolkit from wheels (.cuda, by tools/bootstrap.sh) has not the layout that CMake's own CUDA
# language looks for. The runtime is linked statically, so the programs also start where no CUDA is installed.
set(TICKGRAPH_CUDA_ROOT "" CACHE PATH "CUDA toolkit to use; empty: PATH, /usr/local/cuda, then .cuda")

set(TICKGRAPH_NVCC "")
if(TICKGRAPH_CUDA)
  if(TICKGRAPH_CUDA_ROOT)
    find_program(_nvcc nvcc PATHS ${TICKGRAPH_CUDA_ROOT}/bin NO_DEFAULT_PATH NO_CACHE)
  else()
    find_program(_nvcc nvcc PATHS /usr/local/cuda/bin ${CMAKE_SOURCE_DIR}/.cuda/bin NO_CACHE)
  endif()
  if(_nvcc)
    file(REAL_PATH ${_nvcc} TICKGRAPH_NVCC)
    get_filename_component(_root ${TICKGRAPH_NVCC} DIRECTORY)
    get_filename_component(_root ${_root} DIRECTORY)
    find_library(_cudart_static cudart_static PATHS ${_root}/lib64 ${_root}/lib ${_root}/targets/x86_64-linux/lib NO_DEFAULT_PATH NO_CACHE)
    execute_process(COMMAND ${TICKGRAPH_NVCC} --version OUTPUT_VARIABLE _version ERROR_QUIET)
    string(REGEX MATCH "V([0-9.]+)" _version "${_version}")
    if(NOT _cudart_static)
      message(STATUS "${TICKGRAPH_NVCC} has no libcudart_static.a beside it")
      set(TICKGRAPH_NVCC "")
    endif()
  endif()
endif()
if(TICKGRAPH_NVCC)
  message(STATUS "CUDA compiler ${TICKGRAPH_NVCC} (${CMAKE_MATCH_1}): building the CUDA engine")
  add_library(tickgraph_cudart INTERFACE)
  target_include_directories(tickgraph_cudart SYSTEM INTERFACE ${_root}/include)
  target_link_libraries(tickgraph_cudart INTERFACE ${_cudart_static} Threads::Threads rt ${CMAKE_DL_LIBS})
  target_compile_definitions(tickgraph_cudart INTERFACE TICKGRAPH_HAVE_CUDA=1)
elseif(TICKGRAPH_CUDA)
  message(STATUS "CUDA compiler not found: building the CPU engine only")
else()
  message(STATUS "CUDA switched off: building the CPU engine only")
endif()

# Host code in a .cu file obeys the rules of every other file: no contraction, the same instruction set.
set(TICKGRAPH_NVCC_FLAGS -std=c++20 -O3 --fmad=false -gencode arch=compute_90,code=[sm_90,compute_90]
  -Xcompiler=-march=x86-64-v2,-ffp-contract=off,-fPIC,-Wall,-fno-omit-frame-pointer,-g1)

function(tickgraph_cuda_sources target)
  file(GLOB sources CONFIGURE_DEPENDS *.cu)
  if(NOT sources OR NOT TICKGRAPH_NVCC)
    return()
  endif()
  foreach(source ${sources})
    get_filename_component(name ${source} NAME)
    set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.o)
    add_custom_command(OUTPUT ${object} DEPENDS ${source} DEPFILE ${object}.d VERBATIM COMMAND_EXPAND_LISTS
      COMMENT "Building CUDA object ${name}"
      COMMAND ${TICKGRAPH_NVCC} -ccbin ${CMAKE_CXX_COMPILER} ${TICKGRAPH_NVCC_FLAGS} -DTICKGRAPH_HAVE_CUDA=1
        -DTICKGRAPH_SOURCE_DIR="${CMAKE_SOURCE_DIR}" -I${CMAKE_SOURCE_DIR} -MD -MF ${object}.d -c ${source} -o ${object})
    target_sources(${target} PRIVATE ${object})
    set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
  endforeach()
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "EXECUTABLE")
    target_link_libraries(${target} PRIVATE tickgraph_cudart)
  else()
    target_link_libraries(${target} PUBLIC tickgraph_cudart)
  endif()
endfunction()
