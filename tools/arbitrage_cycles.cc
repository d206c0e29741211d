// `tickgraph arbitrage --cycles FILE…`: after each quote, the conversions through several currencies and back that bring more than they
// took.
//
// Flow: ReadCurrencyQuotes -> CurrencyCycles, a market a product -> counts, and a row a cycle where asked for. One thread. A cycle is told
// after each quote of one of its products as long as its product of rates, each less the fee, is above 1 and the bar.
#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/currency_cycles.h"
#include "net/proto/json/json_events.h"
#include "tools/arbitrage_modes.h"
#include "tools/config.h"
#include "tools/currency_quotes.h"
#include "tools/exit_code.h"

namespace tickgraph {
namespace {

static_assert(kWholeShare == 10'000 * int64_t{1'000'000'000}, "fees and bars are billionths of a basis point");
constexpr int kNanosScale = 9;
constexpr uint32_t kMostAtOnce = 4096;
constexpr size_t kListed = 20;
constexpr uint64_t kMostRings = 100'000;

struct Findings {
  uint64_t events = 0, opportunities = 0, changes = 0;
  std::array<uint64_t, kMaxCycleLength + 1> by_length{};
  double largest = 0;
  uint64_t largest_ts_ns = 0;
  std::string largest_legs;
};

std::vector<RowColumn> Columns() {
  using Kind = RowColumn::Kind;
  return {{"ts_ns", Kind::kInt},
          {"file", Kind::kInt},
          {"line", Kind::kInt},
          {"length", Kind::kInt},
          {"currency", Kind::kText},
          {"legs", Kind::kText},
          {"edge_bps", Kind::kNumber},
          {"amount", Kind::kDecimal, kNanosScale},
          {"gain", Kind::kDecimal, kNanosScale}};
}

class CycleSearch {
 public:
  CycleSearch(const ArbitrageArguments& arguments, const CurrencyQuotes& file) : file_(file), found_(kMostAtOnce) {
    CycleConfig config;
    config.max_markets = static_cast<uint32_t>(file.products.size());
    config.max_length = arguments.depth;
    config.fee = arguments.fee;
    config.min_edge = arguments.min_edge;
    cycles_ = std::make_unique<CurrencyCycles>(config);
    for (const CurrencyProduct& product : file.products) {
      const uint32_t base = Currency(product.base), quote = Currency(product.quote);
      cycles_->AddMarket(base, quote);
      linked_[base] |= uint64_t{1} << quote;
      linked_[quote] |= uint64_t{1} << base;
    }
  }

  Findings Run(RowOutput& rows) {
    Findings out;
    for (const CurrencyQuote& quote : file_.quotes) {
      const BestQuote& q = quote.best;
      cycles_->Update(quote.product, {q.bid_nanos, q.ask_nanos, Nanos(q.bid_quantity), Nanos(q.ask_quantity), quote.line});
      const uint32_t count = cycles_->Scan(quote.product, found_.data(), kMostAtOnce);
      ++out.events;
      out.opportunities += count;
      out.changes += count != 0;
      for (uint32_t i = 0; i < count; ++i) Take(quote, found_[i], rows, out);
    }
    return out;
  }

  [[nodiscard]] const std::vector<std::string>& currencies() const { return currencies_; }
  [[nodiscard]] uint64_t dropped() const { return cycles_->counters().dropped; }

  // Rings of currencies that the products link, each once whatever its direction; `names` gets the first of them.
  uint64_t Rings(int length, std::vector<std::string>* names) const {
    uint64_t count = 0;
    std::vector<uint32_t> path;
    for (uint32_t start = 0; start < currencies_.size(); ++start) {
      path = {start};
      CountRings(length, path, &count, names);
    }
    return count;
  }

 private:
  uint32_t Currency(const std::string& name) {
    const auto known = std::find(currencies_.begin(), currencies_.end(), name);
    if (known != currencies_.end()) return static_cast<uint32_t>(known - currencies_.begin());
    if (currencies_.size() == kMaxCurrencies)
      throw std::runtime_error("the files trade more than " + std::to_string(kMaxCurrencies) + " currencies, the most that are searched");
    currencies_.push_back(name);
    return static_cast<uint32_t>(currencies_.size() - 1);
  }

  static int64_t Nanos(Quantity quantity) {
    constexpr int64_t kNanosOfLot = 10;
    static_assert(kJsonQuantityScale == 8);
    if (quantity == kUnknownQuantity) return kUnknownAmount;
    return quantity > INT64_MAX / kNanosOfLot ? INT64_MAX : quantity * kNanosOfLot;
  }

  [[nodiscard]] std::string Legs(const Cycle& cycle) const {
    std::string text;
    for (int i = 0; i < cycle.length; ++i) {
      const CycleLeg& leg = cycle.legs[i];
      text += (i == 0 ? "" : "; ") + std::string(leg.sells ? "sell " : "buy ") + file_.products[leg.market].symbol + " at " +
              DecimalText(leg.price_nanos, kNanosScale) + " of line " + std::to_string(leg.sequence);
    }
    return text;
  }

  void Take(const CurrencyQuote& quote, const Cycle& cycle, RowOutput& rows, Findings& out) {
    ++out.by_length[static_cast<size_t>(cycle.length)];
    if (out.largest_ts_ns == 0 || cycle.edge > out.largest) {
      out.largest = cycle.edge;
      out.largest_ts_ns = quote.best.ts_ns;
      out.largest_legs = Legs(cycle);
    }
    if (!rows.on()) return;
    rows.Int(static_cast<int64_t>(quote.best.ts_ns));
    rows.Int(file_.products[quote.product].file + 1);
    rows.Int(static_cast<int64_t>(quote.line));
    rows.Int(cycle.length);
    rows.Text(currencies_[cycle.legs[0].from]);
    rows.Text(Legs(cycle));
    rows.Number(cycle.edge * 1e4);
    const bool known = cycle.amount_nanos != kUnknownAmount;
    known ? rows.Int(cycle.amount_nanos) : rows.None();
    known ? rows.Int(cycle.gain_nanos) : rows.None();
    rows.EndRow();
  }

  void CountRings(int length, std::vector<uint32_t>& path, uint64_t* count, std::vector<std::string>* names) const {
    if (*count >= kMostRings) return;
    if (static_cast<int>(path.size()) == length) {
      if ((linked_[path.back()] >> path[0] & 1) == 0 || path[1] > path.back()) return;
      if (++*count > kListed || names == nullptr) return;
      std::string name;
      for (const uint32_t currency : path) name += currencies_[currency] + " ";
      names->push_back(name + currencies_[path[0]]);
      return;
    }
    for (uint32_t next = path[0] + 1; next < currencies_.size(); ++next) {
      if ((linked_[path.back()] >> next & 1) == 0 || std::find(path.begin(), path.end(), next) != path.end()) continue;
      path.push_back(next);
      CountRings(length, path, count, names);
      path.pop_back();
    }
  }

  const CurrencyQuotes& file_;
  std::unique_ptr<CurrencyCycles> cycles_;
  std::vector<std::string> currencies_;
  std::array<uint64_t, kMaxCurrencies> linked_{};
  std::vector<Cycle> found_;
};

void PrintJson(const ArbitrageArguments& arguments, const CurrencyQuotes& file, const CycleSearch& search, const Findings& found) {
  using Json = nlohmann::ordered_json;
  Json products = Json::array(), rings = Json::object(), by_length = Json::object();
  for (const CurrencyProduct& product : file.products)
    products.push_back({{"symbol", product.symbol}, {"venue", product.venue}, {"base", product.base}, {"quote", product.quote}});
  for (int length = 3; length <= arguments.depth; ++length) {
    std::vector<std::string> names;
    const uint64_t count = search.Rings(length, &names);
    rings[std::to_string(length)] = {{"count", count}, {"first", names}};
  }
  for (int length = 2; length <= arguments.depth; ++length)
    by_length[std::to_string(length)] = found.by_length[static_cast<size_t>(length)];
  Json out = {{"files", arguments.files},
              {"products", products},
              {"passed_over", file.passed_over},
              {"currencies", search.currencies()},
              {"depth", arguments.depth},
              {"min_edge_bps", static_cast<double>(arguments.min_edge) / 1e9},
              {"fee_bps", static_cast<double>(arguments.fee) / 1e9},
              {"rings", rings},
              {"events", found.events},
              {"opportunities", found.opportunities},
              {"by_length", by_length},
              {"changes_with_opportunities", found.changes},
              {"dropped", search.dropped()}};
  const bool any = found.opportunities != 0;
  out["max_edge_bps"] = any ? Json(found.largest * 1e4) : Json();
  out["max_edge_ts_ns"] = any ? Json(found.largest_ts_ns) : Json();
  out["max_edge_legs"] = any ? Json(found.largest_legs) : Json();
  std::printf("%s\n", out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

void PrintTable(const ArbitrageArguments& arguments, const CurrencyQuotes& file, const CycleSearch& search, const Findings& found) {
  std::printf("%-14s %zu, of %zu currencies\n", "products", file.products.size(), search.currencies().size());
  for (int length = 3; length <= arguments.depth; ++length) {
    std::vector<std::string> names;
    const uint64_t count = search.Rings(length, &names);
    std::printf("%-14s %" PRIu64 " of %d currencies%s\n", "rings", count, length, count == kMostRings ? ", or more" : "");
    for (const std::string& name : names) std::printf("%-14s %s\n", "", name.c_str());
  }
  std::printf("%-14s %" PRIu64 " quotes\n", "events", found.events);
  std::printf("%-14s %" PRIu64 " cycles after %" PRIu64 " of them, above %s bps after a fee of %s bps on each conversion\n",
              "opportunities", found.opportunities, found.changes, DecimalText(arguments.min_edge, kNanoBpsScale).c_str(),
              DecimalText(arguments.fee, kNanoBpsScale).c_str());
  if (found.opportunities == 0) return;
  std::printf("%-14s %.4f bps at %" PRIu64 " ns: %s\n", "largest edge", found.largest * 1e4, found.largest_ts_ns,
              found.largest_legs.c_str());
}

}  // namespace

int ArbitrageCycles(const ArbitrageArguments& arguments) {
  if (arguments.fee >= kWholeShare) throw ConfigError("--fee-bps: a fee leaves something: it is below 10000");
  if (arguments.min_edge <= -kWholeShare) throw ConfigError("--min-edge-bps: an edge is above -10000: nothing loses more than all");
  const CurrencyQuotes file = ReadCurrencyQuotes(arguments.files);
  CycleSearch search(arguments, file);
  RowOutput rows(Columns(), arguments.target());
  const Findings found = search.Run(rows);
  rows.Close();
  if (search.dropped() != 0)
    std::fprintf(stderr, "%" PRIu64 " cycles are not among those told: no more than %u are after one quote\n", search.dropped(),
                 kMostAtOnce);
  if (arguments.common.json) {
    PrintJson(arguments, file, search, found);
  } else if (!arguments.csv) {
    PrintTable(arguments, file, search, found);
  }
  return file.damaged ? kExitDamaged : kExitDone;
}

}  // namespace tickgraph
