// LOBSTER files for tests: the real sample, unpacked from its archive, and a small one with every type of event.
#pragma once

#include <optional>
#include <string>

#include "net/io/file/zip_archive.h"
#include "tests/net/capture_builder.h"

namespace tickgraph::test {

inline constexpr const char* kLobsterZip = "itch/LOBSTER_SampleFile_AMZN_2012-06-21_5.zip";
inline constexpr const char* kLobsterMessages = "AMZN_2012-06-21_34200000_57600000_message_5.csv";
inline constexpr const char* kLobsterOrderbook = "AMZN_2012-06-21_34200000_57600000_orderbook_5.csv";

// The text of one of its files; empty where the archive is absent.
inline std::string LobsterText(const std::string& name) {
  const std::string path = DataFile(kLobsterZip);
  std::string error, problem;
  const auto archive = path.empty() ? nullptr : ZipArchive::Open(path, &error);
  if (archive == nullptr) return "";
  for (const ZipEntry& entry : archive->entries()) {
    if (entry.name.ends_with(name)) return archive->Contents(entry, &problem);
  }
  return "";
}

// A row of each type, a halt and its end, and the levels after each: two a side, of which the bids have one.
inline const std::string kSmallMessages =
    "34200.5,1,11,100,1000000,1\n"
    "34200.500000001,1,12,50,1010000,-1\n"
    "34201,1,13,70,1020000,-1\n"
    "34202.25,2,13,20,1020000,-1\n"
    "34203,4,12,30,1010000,-1\n"
    "34204,5,0,10,1005000,-1\n"
    "34205,6,-1,500,1007500,-1\n"
    "34206,7,0,0,-1,-1\n"
    "34207,7,0,0,0,-1\n"
    "34208,7,0,0,1,-1\n"
    "34209,3,12,20,1010000,-1\n";
inline const std::string kSmallOrderbook =
    "9999999999,0,1000000,100,9999999999,0,-9999999999,0\n"
    "1010000,50,1000000,100,9999999999,0,-9999999999,0\n"
    "1010000,50,1000000,100,1020000,70,-9999999999,0\n"
    "1010000,50,1000000,100,1020000,50,-9999999999,0\n"
    "1010000,20,1000000,100,1020000,50,-9999999999,0\n"
    "1010000,20,1000000,100,1020000,50,-9999999999,0\n"
    "1010000,20,1000000,100,1020000,50,-9999999999,0\n"
    "1010000,20,1000000,100,1020000,50,-9999999999,0\n"
    "1010000,20,1000000,100,1020000,50,-9999999999,0\n"
    "1010000,20,1000000,100,1020000,50,-9999999999,0\n"
    "1020000,50,1000000,100,9999999999,0,-9999999999,0\n";

// f(line, number from 1), without line ends.
template <class F>
void ForEachLine(const std::string& text, F f) {
  uint64_t number = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    f(std::string_view(text).substr(at, end - at), ++number);
    at = end + 1;
  }
}

inline Bytes BytesOf(const std::string& text) { return {text.begin(), text.end()}; }

}  // namespace tickgraph::test
