// Decoding Binance's JSON lines with every price and size exact, beside simdjson's own parse of the same bytes.
#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "bench/bench_common.h"
#include "net/proto/json/json_decoder.h"

namespace tickgraph {
namespace {

struct Sums {
  uint64_t messages = 0, levels = 0;
  int64_t prices = 0, quantities = 0;
  void Add(int64_t price, int64_t quantity) {
    prices += price;
    quantities += quantity;
  }
  void On(const JsonBook& book) {
    ++messages;
    levels += book.level_count;
    for (uint32_t i = 0; i < book.level_count; ++i) Add(book.levels[i].price_nanos, book.levels[i].quantity);
  }
  void On(const JsonQuote& quote) {
    ++messages;
    Add(quote.bid_price_nanos, quote.bid_quantity);
    Add(quote.ask_price_nanos, quote.ask_quantity);
  }
  void On(const JsonTrade& trade) {
    ++messages;
    Add(trade.price_nanos, trade.quantity);
  }
  template <class Event>
  void On(const Event&) {
    ++messages;
  }
};

struct Session {
  std::string text;  // padded at its end
  struct Line {
    size_t offset, size;
  };
  std::vector<Line> lines;
  size_t bytes = 0;
  Sums expected;
};

std::string Decimal(int64_t units, int decimals) {
  std::string digits = std::to_string(units);
  if (static_cast<int>(digits.size()) <= decimals) digits.insert(0, static_cast<size_t>(decimals) + 1 - digits.size(), '0');
  return digits.insert(digits.size() - static_cast<size_t>(decimals), ".");
}

// Seven best quotes, two trades and a depth update of about forty levels in ten messages, as a busy spot product sends them.
Session MakeSession() {
  Session out;
  uint64_t random = 9, id = 50'093'239'189;
  const auto next = [&] { return (random = random * 6364136223846793005u + 1442695040888963407u) >> 33; };
  const auto pair = [&](const char* between) {
    const auto price = static_cast<int64_t>(5'500'000'000'000 + next() % 1'200'000'000'000),
               size = static_cast<int64_t>(next() % 400'000'000);
    out.expected.Add(price * 10, size);
    return "\"" + Decimal(price, 8) + "\"" + between + "\"" + Decimal(size, 8) + "\"";
  };
  const auto levels = [&] {
    std::string text;
    const uint64_t count = next() % 40;
    out.expected.levels += count;
    for (uint64_t i = 0; i < count; ++i) text += (i == 0 ? "[" : ",[") + pair(",") + "]";
    return text;
  };
  for (int i = 0; i < 4000; ++i) {
    std::string line;
    ++id;
    if (i % 10 == 0) {
      line = R"({"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161255208,"s":"BTCUSDT","U":)" + std::to_string(id - 1) +
             ",\"u\":" + std::to_string(id) + ",\"b\":[" + levels() + "],\"a\":[" + levels() + "]}}";
    } else if (i % 10 < 3) {
      line = R"({"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":)" + std::to_string(id) +
             ",\"p\":" + pair(",\"q\":") + R"(,"T":1723161255342,"m":true,"M":true}})";
    } else {
      line = R"({"stream":"btcusdt@bookTicker","data":{"u":)" + std::to_string(id) + R"(,"s":"BTCUSDT","b":)" + pair(",\"B\":") +
             ",\"a\":" + pair(",\"A\":") + "}}";
    }
    ++out.expected.messages;
    out.lines.push_back({out.text.size(), line.size()});
    out.bytes += line.size();
    out.text += line + "\n";
  }
  out.text.append(JsonDecoder::kPaddingBytes, ' ');
  return out;
}

Sums DecodeAll(const Session& session, JsonDecoder& decoder) {
  Sums sums;
  for (const Session::Line& line : session.lines) {
    decoder.Decode({session.text.data() + line.offset, line.size}, session.text.size() - line.offset, 0, sums);
  }
  return sums;
}

uint64_t ParseAll(const Session& session, simdjson::dom::parser& parser) {
  uint64_t good = 0;
  for (const Session::Line& line : session.lines) {
    simdjson::dom::element element;
    good += parser.parse(session.text.data() + line.offset, line.size, false).get(element) == simdjson::SUCCESS ? 1 : 0;
  }
  return good;
}

template <class Work>
double BestSeconds(Work&& work) {
  double best = 1e9;
  for (int round = 0; round < 15; ++round) {
    const auto start = std::chrono::steady_clock::now();
    work();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

void DecodeJson(benchmark::State& state) {
  const Session session = MakeSession();
  JsonDecoder decoder;
  simdjson::dom::parser parser;
  const Sums sums = DecodeAll(session, decoder);
  const bool same = sums.messages == session.expected.messages && sums.levels == session.expected.levels &&
                    sums.prices == session.expected.prices && sums.quantities == session.expected.quantities;
  if (!same || ParseAll(session, parser) != session.lines.size()) return state.SkipWithError("decoded sums differ from what was written");
  AllocationScope allocations;
  for (auto _ : state) {
    Sums got = DecodeAll(session, decoder);
    benchmark::DoNotOptimize(got);
  }
  const uint64_t allocated = allocations.count();
  const double own = BestSeconds([&] {
    Sums got = DecodeAll(session, decoder);
    benchmark::DoNotOptimize(got);
  });
  const double reference = BestSeconds([&] {
    uint64_t got = ParseAll(session, parser);
    benchmark::DoNotOptimize(got);
  });
  ReportItems(state, static_cast<int64_t>(session.lines.size()), allocated, static_cast<int64_t>(session.bytes));
  state.counters["simdjson_ratio"] = reference / own;
}
BENCHMARK(DecodeJson)->Name("json/decode");

}  // namespace
}  // namespace tickgraph
