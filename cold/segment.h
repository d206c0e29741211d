// A run of the tape between two cut points, and its division into files.
//
// In the flow: the reading thread fills a segment, plans it, and hands its pieces to the encoders. Cut points depend on the tape's
// sequence alone and files on what the rows say, so two archives of one tape have the same files.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "cold/manifest.h"
#include "cold/rows.h"
#include "hot/tape.h"

namespace tickgraph {

inline constexpr size_t kMaxProductFolders = 512;      // a table with more products is partitioned by date alone
inline constexpr uint32_t kMaxRowsPerFile = 1u << 16;  // so that one busy product still occupies every encoder

// A file to be written: the rows order[begin, end) of a segment.
struct FilePlan {
  TapeTable table;
  bool flat = false;  // partitioned by date alone
  uint32_t begin = 0, end = 0;
  std::string folder;  // relative: events/date=…/product=…
  std::string name;    // <first>-<last>.parquet
};

struct Segment {
  explicit Segment(uint32_t capacity);
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;
  ~Segment();

  TapeRecord* records = nullptr;
  uint32_t count = 0;
  uint64_t first = 0, last = 0;
  uint64_t gapped_records = 0;
  uint32_t flat_tables = 0;  // bit i: table i is flat from this segment on
  std::vector<uint32_t> order;
  std::vector<FilePlan> plans;

  std::atomic<uint32_t> unfinished{0};  // files under way; whoever finishes the last one hands the segment on
  std::mutex mutex;                     // guards `files`
  std::vector<ArchiveFile> files;
};

class SegmentPlanner {
 public:
  explicit SegmentPlanner(TapeNames names) : names_(names) {}
  // What earlier segments of the archive hold: their products count towards kMaxProductFolders.
  void Learn(const SegmentManifest& manifest);
  // Fills order, plans and flat_tables.
  void Plan(Segment& segment);

 private:
  struct Group {
    TapeTable table;
    uint32_t date;
    uint32_t product;
    uint32_t count = 0, begin = 0;
  };

  uint32_t ProductOf(InstrumentIndex instrument);
  uint32_t DateOf(const TapeRecord& record);
  void CountProduct(int table, uint32_t product);
  uint32_t Intern(const std::string& product);
  std::vector<Group> Assign(const Segment& segment, std::vector<uint32_t>& group_of);
  void AddPlans(Segment& segment, TapeTable table, bool flat, uint32_t date, uint32_t product, uint32_t begin, uint32_t end);

  TapeNames names_;
  std::vector<std::string> products_ = {""};  // 0: none
  absl::flat_hash_map<std::string, uint32_t> product_index_ = {{"", 0}};
  std::vector<uint32_t> by_instrument_;  // + 1; 0: not looked up
  std::vector<std::vector<bool>> seen_ = std::vector<std::vector<bool>>(kTapeTables);
  size_t product_count_[kTapeTables] = {};
  uint32_t flat_tables_ = 0;
};

// A folder's text for a product: hive's percent encoding, kNoPartition for none; and back.
std::string EncodeProduct(const std::string& product);
std::string DecodeProduct(std::string_view folder);

}  // namespace tickgraph
