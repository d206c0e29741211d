// Division of a segment: rows to (table, date, product), products to folders or, past the limit, to one sorted file a date.
#include "cold/segment.h"

#include <mimalloc.h>

#include <algorithm>
#include <chrono>
#include <new>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cold/archive_names.h"

namespace tickgraph {
namespace {

uint32_t UtcDate(uint64_t ns) {
  using namespace std::chrono;
  const year_month_day day(sys_days(days(ns / 86'400'000'000'000)));
  return static_cast<uint32_t>(static_cast<int>(day.year())) * 10000 + static_cast<unsigned>(day.month()) * 100 +
         static_cast<unsigned>(day.day());
}

}  // namespace

Segment::Segment(uint32_t capacity) {
  records = static_cast<TapeRecord*>(mi_malloc_aligned(size_t{capacity} * sizeof(TapeRecord), alignof(TapeRecord)));
  if (records == nullptr) throw std::bad_alloc();
}

Segment::~Segment() { mi_free(records); }

std::string EncodeProduct(const std::string& product) {
  if (product.empty()) return std::string(kNoPartition);
  std::string out;
  for (const char letter : product) {
    const auto c = static_cast<unsigned char>(letter);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
    if (plain) {
      out += letter;
    } else {
      absl::StrAppendFormat(&out, "%%%02X", c);
    }
  }
  return out;
}

std::string DecodeProduct(std::string_view folder) {
  if (folder == kNoPartition) return "";
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'A' + 10; };
  std::string out;
  for (size_t i = 0; i < folder.size(); ++i) {
    if (folder[i] == '%' && i + 2 < folder.size()) {
      out += static_cast<char>(digit(folder[i + 1]) << 4 | digit(folder[i + 2]));
      i += 2;
    } else {
      out += folder[i];
    }
  }
  return out;
}

uint32_t SegmentPlanner::Intern(const std::string& product) {
  const auto [at, made] = product_index_.try_emplace(product, static_cast<uint32_t>(products_.size()));
  if (made) products_.push_back(product);
  return at->second;
}

uint32_t SegmentPlanner::ProductOf(InstrumentIndex instrument) {
  if (instrument == kNoInstrument) return 0;
  if (instrument < by_instrument_.size() && by_instrument_[instrument] != 0) return by_instrument_[instrument] - 1;
  const TapeInstrument* x = names_.instrument(instrument);
  if (x == nullptr) return 0;
  if (instrument >= by_instrument_.size()) by_instrument_.resize(2 * size_t{instrument} + 64);
  const uint32_t product = Intern(std::string(x->product.view()));
  by_instrument_[instrument] = product + 1;
  return product;
}

// The venue's own day; a record of no venue belongs to the day of the first one that has a day.
uint32_t SegmentPlanner::DateOf(const TapeRecord& record) {
  const TapeVenue* venue = names_.venue(record.venue);
  if (venue != nullptr && venue->date != 0) return venue->date;
  for (uint8_t i = 0; venue == nullptr && i < kMaxVenues; ++i) {
    const TapeVenue* first = names_.venue(i);
    if (first != nullptr && first->date != 0) return first->date;
  }
  return UtcDate(record.ts_recv_ns);
}

void SegmentPlanner::CountProduct(int table, uint32_t product) {
  std::vector<bool>& seen = seen_[static_cast<size_t>(table)];
  if (product == 0) return;
  if (product >= seen.size()) seen.resize(2 * size_t{product} + 64);
  if (seen[product]) return;
  seen[product] = true;
  if (++product_count_[table] > kMaxProductFolders) flat_tables_ |= 1u << table;
}

void SegmentPlanner::Learn(const SegmentManifest& manifest) {
  for (const ArchiveFile& file : manifest.files) {
    const int table = TableOfPath(file.path);
    const size_t at = file.path.find("/product=");
    if (at == std::string::npos) {
      flat_tables_ |= 1u << table;
      continue;
    }
    const size_t begin = at + sizeof("/product=") - 1;
    CountProduct(table, Intern(DecodeProduct(std::string_view(file.path).substr(begin, file.path.find('/', begin) - begin))));
  }
}

std::vector<SegmentPlanner::Group> SegmentPlanner::Assign(const Segment& segment, std::vector<uint32_t>& group_of) {
  std::vector<Group> groups;
  absl::flat_hash_map<uint64_t, uint32_t> by_key;
  uint32_t date_of[256] = {};
  uint64_t last_key = ~uint64_t{0};
  uint32_t last_group = 0;
  group_of.resize(segment.count);
  for (uint32_t i = 0; i < segment.count; ++i) {
    const TapeRecord& record = segment.records[i];
    const uint32_t product = ProductOf(record.instrument);
    // Only a venue's own day may be kept: the others depend on the record.
    uint32_t date = date_of[record.venue];
    if (date == 0) {
      date = DateOf(record);
      const TapeVenue* venue = names_.venue(record.venue);
      if (venue != nullptr && venue->date != 0) date_of[record.venue] = date;
    }
    const uint64_t key = uint64_t{product} << 32 | uint64_t{date} << 4 | static_cast<uint64_t>(record.table);
    if (key != last_key) {
      const auto [at, made] = by_key.try_emplace(key, static_cast<uint32_t>(groups.size()));
      if (made) {
        groups.push_back({record.table, date, product});
        CountProduct(static_cast<int>(record.table), product);
      }
      last_key = key;
      last_group = at->second;
    }
    ++groups[last_group].count;
    group_of[i] = last_group;
  }
  return groups;
}

void SegmentPlanner::AddPlans(Segment& segment, TapeTable table, bool flat, uint32_t date, uint32_t product, uint32_t begin, uint32_t end) {
  std::string folder =
      absl::StrFormat("%s/date=%04u-%02u-%02u", kTapeTableNames[static_cast<int>(table)], date / 10000, date / 100 % 100, date % 100);
  if (!flat) absl::StrAppend(&folder, "/product=", EncodeProduct(products_[product]));
  while (begin < end) {
    const uint32_t stop = std::min(end, begin + kMaxRowsPerFile);
    const auto by_sequence = [&](uint32_t a, uint32_t b) { return segment.records[a].sequence < segment.records[b].sequence; };
    const auto [low, high] = std::minmax_element(segment.order.begin() + begin, segment.order.begin() + stop, by_sequence);
    segment.plans.push_back(
        {table, flat, begin, stop, folder, RangeName(segment.records[*low].sequence, segment.records[*high].sequence, kParquetSuffix)});
    begin = stop;
  }
}

void SegmentPlanner::Plan(Segment& segment) {
  std::vector<uint32_t> group_of;
  std::vector<Group> groups = Assign(segment, group_of);
  segment.flat_tables = flat_tables_;
  std::vector<uint32_t> sorted(groups.size());
  for (uint32_t i = 0; i < sorted.size(); ++i) sorted[i] = i;
  std::sort(sorted.begin(), sorted.end(), [&](uint32_t a, uint32_t b) {
    const Group &x = groups[a], &y = groups[b];
    if (x.table != y.table) return x.table < y.table;
    if (x.date != y.date) return x.date < y.date;
    return products_[x.product] < products_[y.product];
  });
  uint32_t at = 0;
  for (const uint32_t i : sorted) {
    groups[i].begin = at;
    at += groups[i].count;
  }
  segment.order.resize(segment.count);
  std::vector<uint32_t> next(groups.size());
  for (size_t i = 0; i < groups.size(); ++i) next[i] = groups[i].begin;
  for (uint32_t i = 0; i < segment.count; ++i) segment.order[next[group_of[i]]++] = i;

  segment.plans.clear();
  for (size_t i = 0; i < sorted.size();) {
    const Group& group = groups[sorted[i]];
    const bool flat = (flat_tables_ >> static_cast<int>(group.table) & 1) != 0;
    uint32_t end = group.begin;
    do {
      end += groups[sorted[i]].count;
      ++i;
    } while (flat && i < sorted.size() && groups[sorted[i]].table == group.table && groups[sorted[i]].date == group.date);
    AddPlans(segment, group.table, flat, group.date, group.product, group.begin, end);
  }
}

}  // namespace tickgraph
