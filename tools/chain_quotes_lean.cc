// The LEAN archives of chain_quotes.h.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "net/io/file/zip_archive.h"
#include "net/proto/new_york_time.h"
#include "tools/chain_quotes.h"

namespace tickgraph {
namespace {

constexpr uint64_t kShownProblems = 10;
constexpr double kScale = 1e-4;
constexpr size_t kQuoteCells = 11, kTradeCells = 6, kMaxCells = 12;
constexpr int64_t kDayMs = 86'400'000, kBarMs = 60'000;

struct Split {
  std::string_view cells[kMaxCells];
  size_t count = 0;
};
Split SplitAt(std::string_view text, char separator) {
  Split split;
  for (size_t at = 0; split.count < kMaxCells; ++split.count) {
    const size_t end = std::min(text.find(separator, at), text.size());
    split.cells[split.count] = text.substr(at, end - at);
    if (end == text.size()) {
      ++split.count;
      break;
    }
    at = end + 1;
  }
  return split;
}

template <class T>
bool ReadNumber(std::string_view text, T& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}
// An empty cell is a side that is not there.
bool ReadPrice(std::string_view text, double& price) {
  price = NotANumber<double>();
  int64_t scaled = 0;
  if (text.empty()) return true;
  if (!ReadNumber(text, scaled) || scaled < 0) return false;
  price = static_cast<double>(scaled) * kScale;
  return true;
}

enum class LeanKind : uint8_t { kOption, kUnderlyingQuote, kUnderlyingTrade };
struct LeanName {
  LeanKind kind;
  uint32_t date = 0, expiry = 0;
  std::string_view symbol, expiry_text;
  bool american = false;
  OptionRight right = OptionRight::kCall;
  double strike = 0;
};

std::optional<LeanName> ParseName(std::string_view name) {
  if (!name.ends_with(".csv")) return std::nullopt;
  const Split parts = SplitAt(name.substr(0, name.size() - 4), '_');
  LeanName lean{};
  if (parts.count < 4 || !ReadNumber(parts.cells[0], lean.date) || !IsDate(lean.date) || parts.cells[2] != "minute") return std::nullopt;
  lean.symbol = parts.cells[1];
  const bool quote = parts.cells[3] == "quote";
  if (parts.count == 4 && (quote || parts.cells[3] == "trade")) {
    lean.kind = quote ? LeanKind::kUnderlyingQuote : LeanKind::kUnderlyingTrade;
    return lean;
  }
  if (parts.count != 8 || !quote) return std::nullopt;
  int64_t strike = 0;
  lean.kind = LeanKind::kOption;
  lean.american = parts.cells[4] == "american";
  lean.right = parts.cells[5] == "call" ? OptionRight::kCall : OptionRight::kPut;
  lean.expiry_text = parts.cells[7];
  const bool style = lean.american || parts.cells[4] == "european";
  const bool right = parts.cells[5] == "call" || parts.cells[5] == "put";
  if (!style || !right || !ReadNumber(parts.cells[6], strike) || strike <= 0) return std::nullopt;
  if (!ReadNumber(lean.expiry_text, lean.expiry) || !IsDate(lean.expiry)) return std::nullopt;
  lean.strike = static_cast<double>(strike) * kScale;
  return lean;
}

struct Bar {
  int64_t time_ms = -1;
  double bid, ask, bid_size, ask_size;  // at its close; of trades: both the price
};

// One file of bars, checked once; a line that is no bar is counted and passed over.
std::vector<Bar> ReadBars(std::string_view text, bool trades, uint64_t& bad) {
  std::vector<Bar> bars;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    const Split cells = SplitAt(line, ',');
    Bar bar{};
    bool good = cells.count == (trades ? kTradeCells : kQuoteCells) && ReadNumber(cells.cells[0], bar.time_ms) && bar.time_ms >= 0 &&
                bar.time_ms < kDayMs;
    if (good && trades) {
      good = ReadPrice(cells.cells[4], bar.bid);
      bar.ask = bar.bid;
    } else if (good) {
      good = ReadPrice(cells.cells[4], bar.bid) && ReadPrice(cells.cells[9], bar.ask) && ReadNumber(cells.cells[5], bar.bid_size) &&
             ReadNumber(cells.cells[10], bar.ask_size);
    }
    if (good) {
      bars.push_back(bar);
    } else {
      ++bad;
    }
  }
  return bars;
}

const Bar* LastBar(const std::vector<Bar>& bars, int64_t time_ms) {
  const Bar* last = nullptr;
  for (const Bar& bar : bars) last = bar.time_ms <= time_ms ? &bar : last;
  return last;
}

struct LeanFile {
  LeanName name;
  std::vector<Bar> bars;
};

class LeanReader {
 public:
  explicit LeanReader(ChainQuotes& quotes) : quotes_(quotes) {}

  void Add(const std::string& path) {
    std::string error;
    archives_.push_back(ZipArchive::Open(path, &error));
    if (archives_.back() == nullptr) throw std::runtime_error(error);
    if (!archives_.back()->damage().empty()) Complain(path + ": " + archives_.back()->damage());
    size_t known = 0;
    for (const ZipEntry& entry : archives_.back()->entries()) {
      const std::optional<LeanName> name = ParseName(entry.name);
      if (!name) continue;
      ++known;
      std::string problem;
      const std::string text = archives_.back()->Contents(entry, &problem);
      if (!problem.empty()) {
        Complain(path + ": " + entry.name + ": " + problem);
        continue;
      }
      uint64_t bad = 0;
      std::vector<Bar> bars = ReadBars(text, name->kind == LeanKind::kUnderlyingTrade, bad);
      if (bad > 0) Complain(path + ": " + entry.name + ": " + std::to_string(bad) + " lines are no bars");
      files_.push_back({*name, std::move(bars)});
    }
    if (known == 0) throw std::runtime_error(path + ": no file in it is named as LEAN names its minute bars");
  }

  void Finish(const ChainReading& reading) {
    if (complaints_ > kShownProblems)
      std::fprintf(stderr, "and %llu more files\n", static_cast<unsigned long long>(complaints_ - kShownProblems));
    const int64_t time_ms = reading.time_ms >= 0 ? reading.time_ms - kBarMs : CommonMoment();
    uint32_t date = reading.date;
    for (const LeanFile& file : files_) {
      if (file.name.kind == LeanKind::kOption && date == 0) date = file.name.date;
    }
    if (date == 0 && !files_.empty()) date = files_.front().name.date;
    // A bar is stamped with its start and its prices are those of its end.
    quotes_.date = date;
    quotes_.time_ms = time_ms + kBarMs;
    for (const LeanFile& file : files_) {
      if (file.name.date != date) continue;
      if (file.name.kind == LeanKind::kOption) AddOption(file, time_ms);
    }
    for (const LeanKind kind : {LeanKind::kUnderlyingTrade, LeanKind::kUnderlyingQuote}) {
      for (const LeanFile& file : files_) {
        const Bar* bar = file.name.kind == kind && file.name.date == date ? LastBar(file.bars, time_ms) : nullptr;
        if (bar != nullptr && bar->bid > 0.0 && bar->ask >= bar->bid) quotes_.spot = 0.5 * (bar->bid + bar->ask);
      }
    }
  }

 private:
  void Complain(const std::string& what) {
    ++quotes_.problems;
    if (++complaints_ <= kShownProblems) std::fprintf(stderr, "%s\n", what.c_str());
  }

  // The minute in which half of the contracts have their last bar or have had it: towards the close quotes end one by one.
  [[nodiscard]] int64_t CommonMoment() const {
    std::vector<int64_t> last;
    for (const LeanFile& file : files_) {
      if (file.name.kind == LeanKind::kOption && !file.bars.empty()) last.push_back(file.bars.back().time_ms);
    }
    if (last.empty()) return kDayMs;
    std::nth_element(last.begin(), last.begin() + static_cast<std::ptrdiff_t>(last.size() / 2), last.end());
    return last[last.size() / 2];
  }

  void AddOption(const LeanFile& file, int64_t time_ms) {
    const LeanName& name = file.name;
    const Bar* bar = LastBar(file.bars, time_ms);
    const double nan = NotANumber<double>();
    const double years = YearsToExpiry(name.date, time_ms + kBarMs, name.expiry);
    ChainQuoteRow row{{name.right, name.american, name.strike, years, nan, nan}, std::string(name.expiry_text), nan, nan};
    if (bar != nullptr) {
      row.contract.bid = bar->bid, row.contract.ask = bar->ask;
      row.bid_size = bar->bid_size, row.ask_size = bar->ask_size;
    }
    quotes_.symbol = name.symbol;
    quotes_.rows.push_back(std::move(row));
  }

  ChainQuotes& quotes_;
  std::vector<std::unique_ptr<ZipArchive>> archives_;  // the names point into them
  std::vector<LeanFile> files_;
  uint64_t complaints_ = 0;
};

}  // namespace

void ReadLeanArchives(const std::vector<std::string>& paths, const ChainReading& reading, ChainQuotes& quotes) {
  if (paths.empty()) return;
  LeanReader reader(quotes);
  for (const std::string& path : paths) reader.Add(path);
  reader.Finish(reading);
}

}  // namespace tickgraph
