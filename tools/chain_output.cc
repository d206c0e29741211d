// The writers of chain_output.h.
#include "tools/chain_output.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tools/csv_table.h"
#include "tools/parquet_file.h"

namespace tickgraph {
namespace {

using Json = nlohmann::ordered_json;

struct NumberColumn {
  const char* name;
  double (*of)(const ChainQuoteRow& row, const ChainExpiry& expiry, const ChainValue& value);
};
constexpr NumberColumn kNumbers[] = {
    {"strike", [](auto& r, auto&, auto&) { return r.contract.strike; }},
    {"time_years", [](auto& r, auto&, auto&) { return r.contract.time_years; }},
    {"bid", [](auto& r, auto&, auto&) { return r.contract.bid; }},
    {"bid_size", [](auto& r, auto&, auto&) { return r.bid_size; }},
    {"ask", [](auto& r, auto&, auto&) { return r.contract.ask; }},
    {"ask_size", [](auto& r, auto&, auto&) { return r.ask_size; }},
    {"mid", [](auto&, auto&, auto& v) { return v.mid; }},
    {"spot", [](auto&, auto& e, auto&) { return e.spot; }},
    {"forward", [](auto&, auto& e, auto&) { return e.forward; }},
    {"rate", [](auto&, auto& e, auto&) { return e.rate; }},
    {"dividend_yield", [](auto&, auto& e, auto&) { return e.dividend_yield; }},
    {"implied_volatility", [](auto&, auto&, auto& v) { return v.volatility; }},
    {"bid_volatility", [](auto&, auto&, auto& v) { return v.bid_volatility; }},
    {"ask_volatility", [](auto&, auto&, auto& v) { return v.ask_volatility; }},
    {"smile_volatility", [](auto&, auto&, auto& v) { return v.smile_volatility; }},
    {"theo", [](auto&, auto&, auto& v) { return v.theo; }},
    {"edge", [](auto&, auto&, auto& v) { return v.edge; }},
    {"delta", [](auto&, auto&, auto& v) { return v.delta; }},
    {"gamma", [](auto&, auto&, auto& v) { return v.gamma; }},
    {"vega", [](auto&, auto&, auto& v) { return v.vega; }},
    {"theta", [](auto&, auto&, auto& v) { return v.theta; }},
    {"rho", [](auto&, auto&, auto& v) { return v.rho; }},
};
constexpr const char* kTexts[] = {"expiry", "right", "style", "status", "signal"};

const char* TextOf(size_t column, const ChainQuoteRow& row, const ChainValue& value) {
  switch (column) {
    case 0:
      return row.expiry.c_str();
    case 1:
      return row.contract.right == OptionRight::kCall ? "call" : "put";
    case 2:
      return row.contract.american ? "american" : "european";
    case 3:
      return kChainStatusNames[static_cast<size_t>(value.status)];
    default:
      return value.signal > 0 ? "buy" : (value.signal < 0 ? "sell" : "");
  }
}

template <class Visit>
void ForEachRow(const ChainReport& report, Visit visit) {
  for (size_t i = 0; i < report.quotes.rows.size(); ++i) {
    const ChainValue& value = report.result.values[i];
    visit(report.quotes.rows[i], report.result.expiries[static_cast<size_t>(value.expiry)], value);
  }
}

// The shortest decimal that reads back as the same number.
void AppendNumber(double number, std::string& out) {
  if (!std::isfinite(number)) return;
  char text[32];
  out.append(text, std::to_chars(text, text + sizeof(text), number).ptr);
}

Json Number(double number) { return std::isfinite(number) ? Json(number) : Json(nullptr); }

Json ExpiryJson(const ChainReport& report, size_t index) {
  const ChainExpiry& e = report.result.expiries[index];
  std::string name;
  uint64_t with_volatility = 0;
  for (size_t i = 0; i < report.quotes.rows.size(); ++i) {
    if (report.result.values[i].expiry != static_cast<int>(index)) continue;
    name = report.quotes.rows[i].expiry;
    with_volatility += report.result.values[i].status == ChainStatus::kOk ? 1 : 0;
  }
  Json smile = nullptr;
  if (e.smile.points > 0) {
    const SviSmile& s = e.smile;
    smile = {{"a", s.a},
             {"b", s.b},
             {"rho", s.rho},
             {"m", s.m},
             {"sigma", s.sigma},
             {"points", s.points},
             {"rms_volatility", Number(e.smile_rms)},
             {"least_density", Number(s.least_density)},
             {"butterfly_free", s.least_density >= 0.0},
             {"calendar_free", !(e.calendar_gap < 0.0)}};
  }
  return {{"expiry", name},
          {"time_years", Number(e.time_years)},
          {"contracts", e.contracts},
          {"with_volatility", with_volatility},
          {"forward", Number(e.forward)},
          {"forward_source", kForwardSourceNames[static_cast<size_t>(e.forward_source)]},
          {"rate", Number(e.rate)},
          {"rate_error", Number(e.rate_error)},
          {"rate_source", kRateSourceNames[static_cast<size_t>(e.rate_source)]},
          {"dividend_yield", Number(e.dividend_yield)},
          {"parity_strikes", e.parity_strikes},
          {"parity_outside", e.parity_outside},
          {"smile", std::move(smile)}};
}

std::string MomentOf(const ChainQuotes& quotes) {
  if (quotes.date == 0 || quotes.time_ms < 0) return "";
  char text[32];
  const int64_t seconds = quotes.time_ms / 1000;
  std::snprintf(text, sizeof(text), "%08u %02d:%02d:%02d", quotes.date, static_cast<int>(seconds / 3600),
                static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60));
  return text;
}

}  // namespace

ChainCounts CountChain(const ChainResult& result) {
  ChainCounts counts;
  for (const ChainValue& value : result.values) {
    ++counts.of[static_cast<size_t>(value.status)];
    counts.signals += value.signal != 0 ? 1 : 0;
  }
  return counts;
}

void PrintChainCsv(const ChainReport& report) {
  std::string out;
  for (const char* name : kTexts) out += std::string(name) + ',';
  for (const NumberColumn& column : kNumbers) out += std::string(column.name) + ',';
  out.back() = '\n';
  ForEachRow(report, [&](auto& row, auto& expiry, auto& value) {
    for (size_t column = 0; column < std::size(kTexts); ++column) out += CsvCell(TextOf(column, row, value)) + ',';
    for (const NumberColumn& column : kNumbers) {
      AppendNumber(column.of(row, expiry, value), out);
      out += ',';
    }
    out.back() = '\n';
  });
  std::fwrite(out.data(), 1, out.size(), stdout);
}

void PrintChainJson(const ChainReport& report) {
  const ChainCounts counts = CountChain(report.result);
  Json statuses = Json::object(), expiries = Json::array();
  for (int i = 0; i < kChainStatuses; ++i) {
    if (counts.of[i] > 0) statuses[kChainStatusNames[i]] = counts.of[i];
  }
  for (size_t i = 0; i < report.result.expiries.size(); ++i) expiries.push_back(ExpiryJson(report, i));
  const Json json = {{"symbol", report.quotes.symbol},         {"moment", MomentOf(report.quotes)}, {"spot", Number(report.settings.spot)},
                     {"contracts", report.quotes.rows.size()}, {"with_volatility", counts.of[0]},   {"signals", counts.signals},
                     {"problems", report.quotes.problems},     {"by_status", std::move(statuses)},  {"expiries", std::move(expiries)}};
  std::printf("%s\n", json.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
}

void PrintChainTable(const ChainReport& report) {
  const ChainCounts counts = CountChain(report.result);
  std::printf("%s %s  spot %g\n\n", report.quotes.symbol.c_str(), MomentOf(report.quotes).c_str(), report.settings.spot);
  std::printf("%-12s %9s %9s %8s %11s %9s %-7s %9s %9s %9s %s\n", "expiry", "years", "contracts", "with iv", "forward", "rate", "from",
              "vol at F", "rms", "skew rho", "arbitrage");
  for (size_t i = 0; i < report.result.expiries.size(); ++i) {
    const ChainExpiry& e = report.result.expiries[i];
    const Json json = ExpiryJson(report, i);
    const double level = e.smile.points > 0 ? std::sqrt(SviVariance(e.smile, 0.0) / e.time_years) : NAN;
    std::printf("%-12s %9.5f %9d %8d %11.4f %9.5f %-7s %9.4f %9.5f %9.3f %s%s\n", json["expiry"].get<std::string>().c_str(), e.time_years,
                e.contracts, json["with_volatility"].get<int>(), e.forward, e.rate, kRateSourceNames[static_cast<size_t>(e.rate_source)],
                level, e.smile_rms, e.smile.rho, e.smile.points > 0 && e.smile.least_density < 0.0 ? "butterfly " : "",
                e.calendar_gap < 0.0 ? "calendar" : "");
  }
  std::printf("\n%zu contracts, %llu quotes worth taking;", report.quotes.rows.size(), static_cast<unsigned long long>(counts.signals));
  for (int i = 0; i < kChainStatuses; ++i) {
    if (counts.of[i] > 0) std::printf(" %s %llu", kChainStatusNames[i], static_cast<unsigned long long>(counts.of[i]));
  }
  std::printf("\n");
}

bool WriteChainParquet(const ChainReport& report, const std::string& path, bool force, std::string* error) {
  ParquetTable table;
  for (size_t column = 0; column < std::size(kTexts); ++column) {
    table.texts.push_back({kTexts[column], {}});
    ForEachRow(report, [&](auto& row, auto&, auto& value) { table.texts.back().values.emplace_back(TextOf(column, row, value)); });
  }
  for (const NumberColumn& column : kNumbers) {
    table.numbers.push_back({column.name, {}});
    ForEachRow(report, [&](auto& row, auto& expiry, auto& value) { table.numbers.back().values.push_back(column.of(row, expiry, value)); });
  }
  return WriteParquetFile(table, path, force, error);
}

}  // namespace tickgraph
