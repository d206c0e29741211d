// The consolidated book of many venues against a plain one of maps, event for event: on random quotes, and on a real day through the
// program; and LEAN's tables with what may be wrong with them.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "hot/hash.h"
#include "net/io/file/zip_archive.h"
#include "tests/tools/command_run.h"
#include "tools/venue_quotes.h"

namespace tickgraph {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// A row as it stands in the file, in ten-thousandths.
struct PlainRow {
  int64_t millis, bid, bid_size, ask, ask_size;
  std::string venue;
};
struct PlainSide {
  int64_t price = 0, size = 0;
  size_t row = 0;
  std::string venue;
};
struct PlainEvent {
  size_t row;
  PlainSide bid, ask;
};

// Every venue's side in a map, in order of first appearance; the best looked for anew after each quote.
std::vector<PlainEvent> PlainScan(const std::vector<PlainRow>& rows, bool best_of_market) {
  std::vector<PlainEvent> out;
  std::map<std::string, size_t> order;
  std::map<size_t, PlainSide> bids, asks;
  for (size_t i = 0; i < rows.size(); ++i) {
    const PlainRow& r = rows[i];
    order.emplace(r.venue, order.size());
    const auto set = [&](std::map<size_t, PlainSide>& sides, int64_t price, int64_t size) {
      if (price == 0) return;
      if (best_of_market) sides.clear();
      sides.erase(order[r.venue]);
      if (size != 0) sides[order[r.venue]] = {price, size, i + 1, r.venue};
    };
    set(bids, r.bid, r.bid_size);
    set(asks, r.ask, r.ask_size);
    const bool first_half = r.bid != 0 && r.ask == 0 && i + 1 < rows.size() && rows[i + 1].bid == 0 && rows[i + 1].millis == r.millis;
    if (first_half || bids.empty() || asks.empty()) continue;
    PlainEvent event = {i + 1, bids.begin()->second, asks.begin()->second};
    for (const auto& [venue, side] : bids) {
      if (side.price > event.bid.price) event.bid = side;
    }
    for (const auto& [venue, side] : asks) {
      if (side.price < event.ask.price) event.ask = side;
    }
    out.push_back(event);
  }
  return out;
}

// The rows that the program prints for what the plain scan found, without the edge in basis points.
std::string PlainCsv(const std::vector<PlainRow>& rows, const std::vector<PlainEvent>& events, uint64_t midnight_ns, double bar_bps) {
  std::ostringstream out;
  const auto money = [](int64_t tenths_of_mils) {
    std::string text = std::to_string(tenths_of_mils / 10'000) + "." + std::to_string(10'000 + tenths_of_mils % 10'000).substr(1);
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
    return text;
  };
  for (const PlainEvent& e : events) {
    if (e.bid.price < e.ask.price) continue;
    const bool crossed = e.bid.price > e.ask.price;
    out << midnight_ns + static_cast<uint64_t>(rows[e.row - 1].millis) * 1'000'000 << ',' << e.row << ','
        << (crossed ? "crossed" : "locked");
    for (const PlainSide* side : {&e.bid, &e.ask})
      out << ',' << side->venue << ',' << money(side->price) << ',' << side->size << ',' << side->row;
    const bool opportunity = crossed && e.bid.venue != e.ask.venue &&
                             static_cast<double>(e.bid.price - e.ask.price) * 1e4 > bar_bps * static_cast<double>(e.ask.price);
    out << ',' << money(e.bid.price - e.ask.price) << ',' << std::min(e.bid.size, e.ask.size) << ',' << opportunity << '\n';
  }
  return out.str();
}

std::string WithoutColumn(const std::string& csv, size_t column) {
  std::istringstream in(csv);
  std::string out, line;
  while (std::getline(in, line)) {
    size_t first = 0;
    for (size_t i = 0; i < column; ++i) first = line.find(',', first) + 1;
    out += line.erase(first, line.find(',', first) + 1 - first) + '\n';
  }
  return out;
}

std::string TableOf(const std::vector<PlainRow>& rows) {
  std::ostringstream out;
  for (const PlainRow& r : rows) {
    out << r.millis << ',' << r.bid << ',' << r.bid_size << ',' << r.ask << ',' << r.ask_size << ',' << r.venue << ",1,0\n";
  }
  return out.str();
}

std::vector<PlainRow> RandomRows(uint64_t seed, size_t count) {
  std::vector<PlainRow> rows;
  uint64_t dice = seed;
  const auto roll = [&](uint64_t sides) { return static_cast<int64_t>((dice = Mix(dice + 1)) % sides); };
  int64_t millis = 34'200'000;
  for (size_t i = 0; i < count; ++i) {
    millis += roll(3) == 0 ? roll(50) : 0;
    PlainRow row = {millis,        490'000 + 100 * roll(7),
                    100 * roll(6), 490'300 + 100 * roll(7),
                    100 * roll(6), std::string(1, static_cast<char>('A' + roll(5)))};
    if (roll(4) != 0) (roll(2) == 0 ? row.bid : row.ask) = 0;
    rows.push_back(row);
  }
  return rows;
}

class ArbitrageVenuesTest : public CommandRun {
 protected:
  int Arbitrage(const std::string& file, const std::string& arguments) { return Run("arbitrage " + file + " " + arguments); }
  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = File(name);
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
};

TEST_F(ArbitrageVenuesTest, EqualsAPlainScanOfRandomQuotes) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    const std::vector<PlainRow> rows = RandomRows(seed, 2'000);
    const std::string path = Write("20131007_xyz_Quote_Tick.csv", TableOf(rows));
    for (const bool best : {true, false}) {
      ASSERT_EQ(Arbitrage(path, std::string("--csv --min-edge-bps 3 --fee-bps 0.5 --quotes ") + (best ? "best" : "venue")), 0) << err;
      const std::vector<PlainEvent> events = PlainScan(rows, best);
      const std::string body = WithoutColumn(out.substr(out.find('\n') + 1), 12);
      EXPECT_EQ(body, PlainCsv(rows, events, 1'381'118'400'000'000'000, 4.0)) << seed;
      EXPECT_GT(std::count(body.begin(), body.end(), '\n'), 100);
    }
  }
}

TEST_F(ArbitrageVenuesTest, EqualsAPlainScanOfARealDay) {
  const char* folder = std::getenv("TICKGRAPH_DATA");
  const std::string path =
      (folder != nullptr ? folder : TICKGRAPH_SOURCE_DIR "/../shared/data") + std::string("/equity_quotes/aig_20131007_quote.zip");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no " << path;
  std::string error;
  const auto zip = ZipArchive::Open(path, &error);
  ASSERT_NE(zip, nullptr) << error;
  std::istringstream text(zip->Contents(zip->entries().at(0), &error));
  std::vector<PlainRow> rows;
  for (std::string line; std::getline(text, line);) {
    PlainRow row;
    char venue = 0;
    ASSERT_EQ(std::sscanf(line.c_str(), "%ld,%ld,%ld,%ld,%ld,%c", &row.millis, &row.bid, &row.bid_size, &row.ask, &row.ask_size, &venue),
              6);
    row.venue = venue;
    rows.push_back(row);
  }
  ASSERT_EQ(rows.size(), 1'079'935u);
  for (const bool best : {true, false}) {
    const std::vector<PlainEvent> events = PlainScan(rows, best);
    const std::string reading = best ? "best" : "venue", file = File("events.csv");
    ASSERT_EQ(Arbitrage(path, "--json --force --out " + file + " --quotes " + reading), 0) << err;
    const auto report = nlohmann::json::parse(out);
    EXPECT_EQ(report["symbol"], "AIG");
    EXPECT_EQ(report["venues"].size(), 11u);
    EXPECT_EQ(report["events"], events.size());
    const auto count = [&](auto matches) { return std::count_if(events.begin(), events.end(), matches); };
    EXPECT_EQ(report["locked"], count([](const PlainEvent& e) { return e.bid.price == e.ask.price; }));
    EXPECT_EQ(report["crossed"], count([](const PlainEvent& e) { return e.bid.price > e.ask.price; }));
    std::ifstream in(file);
    std::string csv{std::istreambuf_iterator<char>(in), {}};
    EXPECT_TRUE(WithoutColumn(csv.substr(csv.find('\n') + 1), 12) == PlainCsv(rows, events, 1'381'118'400'000'000'000, 0)) << reading;
    EXPECT_THAT(
        csv, StartsWith("ts_ns,row,state,bid_venue,bid,bid_size,bid_row,ask_venue,ask,ask_size,ask_row,edge,edge_bps,size,opportunity\n"));
  }
}

TEST_F(ArbitrageVenuesTest, AQuoteInTwoRowsIsJudgedOnce) {
  // The bid moves to 50 before the ask does; between the two rows the market would be crossed.
  const std::string path =
      Write("a.csv", "10,490000,100,0,0,Q,1,0\n10,0,0,490100,200,Q,1,0\n20,500000,100,0,0,N,1,0\n20,0,0,500100,200,Q,1,0\n");
  ASSERT_EQ(Arbitrage(path, "--json"), 0) << err;
  const auto report = nlohmann::json::parse(out);
  EXPECT_EQ(report["events"], 2);
  EXPECT_EQ(report["crossed"], 0);
  EXPECT_THAT(err, HasSubstr("no name says its day"));
  ASSERT_EQ(Arbitrage(path, "--json --date 20131007"), 0);
  EXPECT_EQ(err, "");
}

TEST_F(ArbitrageVenuesTest, BadRowsAreCountedAndTheFirstIsNamed) {
  const std::string good = "10,490000,100,0,0,Q,1,0\n11,0,0,480000,200,N,1,0\n";
  for (const char* bad :
       {"12,nan,100,0,0,Q,1,0", "12,490000,100,0,0,Q,1", "12,490000,100,0,0,Q,1,0,0", "12,-1,100,0,0,Q,1,0", "x,490000,100,0,0,Q,1,0",
        "12,490000,1e3,0,0,Q,1,0", "12,490000,100,0,0,,1,0", "12,490000.5,1,0,0,Q,1,0", "12,99999999999999999999,1,0,0,Q,1,0"}) {
    const std::string path = Write("20131007_q.csv", good + bad + "\n");
    ASSERT_EQ(Arbitrage(path, "--json"), 3) << bad;
    const auto report = nlohmann::json::parse(out);
    EXPECT_EQ(report["bad_rows"], 1) << bad;
    EXPECT_EQ(report["crossed"], 1) << bad;
    EXPECT_THAT(err, HasSubstr("1 rows are no quotes; the first: line 3 at byte 48: ")) << bad;
  }
  EXPECT_EQ(Arbitrage(Write("b.csv", "no,quotes\n"), "--json"), 1);
  EXPECT_THAT(err, HasSubstr("b.csv: no quotes in LEAN's form; line 1 at byte 0: fewer than eight columns"));
  EXPECT_EQ(Arbitrage(File("none.csv"), "--json"), 1);
}

TEST_F(ArbitrageVenuesTest, ACutArchiveIsReadAsFarAsItGoes) {
  const char* folder = std::getenv("TICKGRAPH_DATA");
  const std::string path =
      (folder != nullptr ? folder : TICKGRAPH_SOURCE_DIR "/../shared/data") + std::string("/equity_quotes/aig_20131007_quote.zip");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no " << path;
  std::ifstream in(path, std::ios::binary);
  std::string bytes(100'000, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  ASSERT_EQ(Arbitrage(Write("cut.zip", bytes), "--json"), 3);
  const auto report = nlohmann::json::parse(out);
  EXPECT_GT(report["rows"], 10'000);
  EXPECT_EQ(report["bad_rows"], 0);
  EXPECT_EQ(report["date"], 20131007);
  EXPECT_THAT(err, HasSubstr("cut.zip: the list of its files is missing or broken"));
  EXPECT_THAT(err, HasSubstr("its data are cut short"));
}

TEST_F(ArbitrageVenuesTest, WritesParquet) {
  const std::string path = Write("20131007_q.csv", "10,490000,100,0,0,Q,1,0\n11,0,0,480000,200,N,1,0\n"), file = File("events.parquet");
  ASSERT_EQ(Arbitrage(path, "--json --out " + file), 0) << err;
  std::ifstream in(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  EXPECT_THAT(bytes, StartsWith("PAR1"));
  EXPECT_EQ(bytes.substr(bytes.size() - 4), "PAR1");
  EXPECT_FALSE(std::filesystem::exists(file + ".partial"));
  EXPECT_EQ(Arbitrage(path, "--json --out " + file), 1);
  EXPECT_THAT(err, HasSubstr("exists; --force replaces it"));
}

}  // namespace
}  // namespace tickgraph
