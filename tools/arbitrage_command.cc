// `tickgraph arbitrage FILE_A FILE_B --symbol S --min-edge-bps N`: how often, and by how much, one venue's bid stood above the other's ask.
//
// Flow: ReadQuoteFile twice -> MergeQuotes -> EdgeOf -> counts, and a CSV row for each opportunity where asked for. One thread.
// An opportunity's edge, less the fee on both of its trades, is above the bar.
#include <cerrno>
#include <charconv>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>

#include "net/proto/json/decimal.h"
#include "net/proto/json/json_events.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/config.h"
#include "tools/exit_code.h"
#include "tools/quote_file.h"
#include "tools/venue_edges.h"

namespace tickgraph {
namespace {

constexpr int64_t kLargestBps = 1'000'000;
constexpr const char* kDirectionNames[] = {"sell_a_buy_b", "sell_b_buy_a"};

struct Arguments {
  CommonOptions common;
  std::string file_a, file_b, symbol, symbol_b, min_edge_text, fee_text = "0", out;
  bool csv = false;
  NanoBps min_edge = 0, fee = 0;
};

struct Findings {
  uint64_t events = 0, opportunities = 0;
  uint64_t by_direction[2] = {};
  VenueEdge largest;
  uint64_t largest_ts_ns = 0;
  double basis_bps_sum = 0;

  [[nodiscard]] double mean_basis_bps() const { return basis_bps_sum / static_cast<double>(events); }
};

NanoBps ReadBps(const char* option, const std::string& text) {
  NanoBps value = 0;
  const DecimalStatus status = ParseDecimal(text, kNanoBpsScale, &value);
  if (status == DecimalStatus::kTooFine) throw ConfigError(std::string(option) + ": '" + text + "' has more than nine decimals");
  constexpr int64_t kLargest = kLargestBps * 1'000'000'000;
  static_assert(3 * kLargest <= kLargestBar, "the bar is the least edge and two fees");
  if (status != DecimalStatus::kOk || value > kLargest || value < -kLargest) {
    throw ConfigError(std::string(option) + ": '" + text + "' is not a number of basis points, at most " + std::to_string(kLargestBps));
  }
  return value;
}

// Shortest exact decimal of `value` / 10^scale.
std::string DecimalText(int64_t value, int scale) {
  std::string digits = std::to_string(value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value));
  if (digits.size() <= static_cast<size_t>(scale)) digits.insert(0, static_cast<size_t>(scale) + 1 - digits.size(), '0');
  digits.insert(digits.size() - static_cast<size_t>(scale), 1, '.');
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
  return (value < 0 ? "-" : "") + digits;
}

// The opportunities as CSV, on stdout or in a file that appears under its name once it is whole.
class RowWriter {
 public:
  explicit RowWriter(const Arguments& arguments) : path_(arguments.out), on_(arguments.csv || !arguments.out.empty()) {
    if (!on_) return;
    if (path_.empty()) {
      file_ = stdout;
    } else {
      CheckPath(arguments);
      file_ = std::fopen(partial().c_str(), "wb");
      if (file_ == nullptr) Fail("cannot be written");
    }
    buffer_ = "ts_ns,direction,bid,ask,edge_bps,size\n";
  }
  RowWriter(const RowWriter&) = delete;
  RowWriter& operator=(const RowWriter&) = delete;
  ~RowWriter() {
    if (path_.empty() || file_ == nullptr) return;
    std::fclose(file_);
    std::remove(partial().c_str());
  }

  void Add(uint64_t ts_ns, const VenueEdge& edge) {
    if (!on_) return;
    char number[32];
    buffer_ += std::to_string(ts_ns) + ',' + kDirectionNames[static_cast<size_t>(edge.direction)] + ',' +
               DecimalText(edge.bid_nanos, kJsonPriceScale) + ',' + DecimalText(edge.ask_nanos, kJsonPriceScale) + ',';
    buffer_.append(number, std::to_chars(number, number + sizeof(number), edge.bps()).ptr);
    buffer_ += ',';
    if (edge.size != kUnknownQuantity) buffer_ += DecimalText(edge.size, kJsonQuantityScale);
    buffer_ += '\n';
    if (buffer_.size() > kFlushBytes) Flush();
  }

  void Close() {
    if (!on_) return;
    Flush();
    if (path_.empty()) return;
    const bool closed = std::fclose(file_) == 0;
    file_ = nullptr;
    if (closed && std::rename(partial().c_str(), path_.c_str()) == 0) return;
    const int reason = errno;
    std::remove(partial().c_str());
    errno = reason;
    Fail("cannot be written");
  }

 private:
  static constexpr size_t kFlushBytes = size_t{1} << 20;

  [[nodiscard]] std::string partial() const { return path_ + ".partial"; }
  [[noreturn]] void Fail(const char* what) const { throw std::runtime_error(path_ + ": " + what + ": " + std::strerror(errno)); }
  void Flush() {
    if (std::fwrite(buffer_.data(), 1, buffer_.size(), file_) != buffer_.size() && !path_.empty()) Fail("cannot be written");
    buffer_.clear();
  }
  void CheckPath(const Arguments& arguments) const {
    namespace fs = std::filesystem;
    std::error_code ignored;
    for (const std::string& input : {arguments.file_a, arguments.file_b}) {
      if (fs::equivalent(path_, input, ignored)) throw ConfigError("--out: " + path_ + " is one of the captures");
    }
    if (!fs::exists(path_, ignored)) return;
    if (!arguments.common.force) throw std::runtime_error(path_ + " exists; --force replaces it");
    if (!fs::is_regular_file(path_, ignored)) throw std::runtime_error(path_ + " is not a regular file");
  }

  std::string path_;
  bool on_;
  std::FILE* file_ = nullptr;
  std::string buffer_;
};

Findings Search(const QuoteFile& a, const QuoteFile& b, NanoBps bar, RowWriter& rows) {
  Findings found;
  const bool same_unit = a.contracts == b.contracts;
  MergeQuotes(a.quotes, b.quotes, [&](uint64_t ts_ns, const BestQuote& quote_a, const BestQuote& quote_b) {
    VenueEdge edge = EdgeOf(quote_a, quote_b);
    if (!same_unit) edge.size = kUnknownQuantity;
    found.basis_bps_sum += BasisBps(quote_a, quote_b);
    if (found.events++ == 0 || edge.LargerThan(found.largest)) {
      found.largest = edge;
      found.largest_ts_ns = ts_ns;
    }
    if (!edge.Above(bar)) return;
    ++found.opportunities;
    ++found.by_direction[static_cast<size_t>(edge.direction)];
    rows.Add(ts_ns, edge);
  });
  return found;
}

nlohmann::ordered_json SideJson(const QuoteFile& file) {
  return {{"file", file.path}, {"venue", file.venue}, {"symbol", file.symbol}, {"quotes", file.quotes.size()}};
}

void PrintJson(const Arguments& arguments, const QuoteFile& a, const QuoteFile& b, const Findings& found) {
  nlohmann::ordered_json out = {{"a", SideJson(a)},
                                {"b", SideJson(b)},
                                {"min_edge_bps", static_cast<double>(arguments.min_edge) / 1e9},
                                {"fee_bps", static_cast<double>(arguments.fee) / 1e9},
                                {"events", found.events},
                                {"opportunities", found.opportunities}};
  for (size_t i = 0; i < std::size(kDirectionNames); ++i) out[kDirectionNames[i]] = found.by_direction[i];
  const bool any = found.events != 0;
  out["max_edge_bps"] = any ? nlohmann::ordered_json(found.largest.bps()) : nlohmann::ordered_json();
  out["max_edge_ts_ns"] = any ? nlohmann::ordered_json(found.largest_ts_ns) : nlohmann::ordered_json();
  out["max_edge_direction"] =
      any ? nlohmann::ordered_json(kDirectionNames[static_cast<size_t>(found.largest.direction)]) : nlohmann::ordered_json();
  out["mean_basis_bps"] = any ? nlohmann::ordered_json(found.mean_basis_bps()) : nlohmann::ordered_json();
  std::printf("%s\n", out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

void PrintTable(const Arguments& arguments, const QuoteFile& a, const QuoteFile& b, const Findings& found) {
  const auto side = [](const char* name, const QuoteFile& file) {
    std::printf("%-14s %s on %s, best quotes: %zu, %s\n", name, file.symbol.c_str(), file.venue.c_str(), file.quotes.size(),
                file.path.c_str());
  };
  side("A", a);
  side("B", b);
  std::printf("%-14s %" PRIu64 " quotes with both venues known\n", "events", found.events);
  std::printf("%-14s %" PRIu64 " with an edge above %s bps after twice a fee of %s bps\n", "opportunities", found.opportunities,
              DecimalText(arguments.min_edge, kNanoBpsScale).c_str(), DecimalText(arguments.fee, kNanoBpsScale).c_str());
  std::printf("%-14s %" PRIu64 "\n", "  sell A buy B", found.by_direction[0]);
  std::printf("%-14s %" PRIu64 "\n", "  sell B buy A", found.by_direction[1]);
  if (found.events == 0) return;
  std::printf("%-14s %.4f bps before fees: bid %s at %s, ask %s at %s, at %" PRIu64 " ns\n", "largest edge", found.largest.bps(),
              DecimalText(found.largest.bid_nanos, kJsonPriceScale).c_str(),
              found.largest.direction == EdgeDirection::kSellABuyB ? "A" : "B",
              DecimalText(found.largest.ask_nanos, kJsonPriceScale).c_str(),
              found.largest.direction == EdgeDirection::kSellABuyB ? "B" : "A", found.largest_ts_ns);
  std::printf("%-14s %.4f bps, B's middle over A's\n", "mean basis", found.mean_basis_bps());
}

std::optional<int> ReadArguments(int argc, char** argv, Arguments& arguments) {
  CLI::App app("Two venues' best quotes merged by receive time: how often one's bid stands above the other's ask");
  AddCommonOptions(app, arguments.common, kJson | kForce);
  app.add_option("FILE_A", arguments.file_a, "lines of JSON with Binance's bookTicker or Coinbase's ticker, plain or .gz, .xz, .zst")
      ->required();
  app.add_option("FILE_B", arguments.file_b, "the other venue's; of quotes at one time, A's come first")->required();
  app.add_option("--symbol", arguments.symbol, "the product, as the venue writes it: BTCUSDT")->required();
  app.add_option("--symbol-b", arguments.symbol_b, "what B's venue calls it, where that differs: BTC-USD");
  app.add_option("--min-edge-bps", arguments.min_edge_text, "an opportunity brings more than this, in basis points of what is paid")
      ->required();
  app.add_option("--fee-bps", arguments.fee_text, "the fee on each of the two trades (0)");
  auto* csv = app.add_flag("--csv", arguments.csv, "The opportunities as rows: ts_ns,direction,bid,ask,edge_bps,size");
  app.add_option("--out", arguments.out, "the same rows into this file, beside the report")->excludes(csv);
  csv->excludes("--json");
  if (const auto exit_code = ParseCommandLine(app, argc, argv)) return exit_code;
  arguments.min_edge = ReadBps("--min-edge-bps", arguments.min_edge_text);
  arguments.fee = ReadBps("--fee-bps", arguments.fee_text);
  if (arguments.fee < 0) throw ConfigError("--fee-bps: a fee is not negative: " + arguments.fee_text);
  return std::nullopt;
}

}  // namespace

int ArbitrageCommand(int argc, char** argv) {
  Arguments arguments;
  if (const auto exit_code = ReadArguments(argc, argv, arguments)) return *exit_code;
  const QuoteFile a = ReadQuoteFile(arguments.file_a, arguments.symbol);
  const QuoteFile b = ReadQuoteFile(arguments.file_b, arguments.symbol_b.empty() ? arguments.symbol : arguments.symbol_b);
  for (const QuoteFile* file : {&a, &b}) {
    if (file->own_times)
      std::fprintf(stderr, "%s: without receive times; its quotes are placed by the venue's own times\n", file->path.c_str());
  }
  RowWriter rows(arguments);
  const Findings found = Search(a, b, arguments.min_edge + 2 * arguments.fee, rows);
  rows.Close();
  if (arguments.common.json) {
    PrintJson(arguments, a, b, found);
  } else if (!arguments.csv) {
    PrintTable(arguments, a, b, found);
  }
  return a.damaged || b.damaged ? kExitDamaged : kExitDone;
}

}  // namespace tickgraph
