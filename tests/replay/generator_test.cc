// The session generator: its bytes, its lines and losses, and, through a textbook book of maps, its markets and planted mispricings.
#include "replay/generator.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "net/proto/frame.h"
#include "net/proto/itch.h"
#include "net/proto/opra.h"

namespace tickgraph {
namespace {

struct Packet {
  uint64_t stamp_ns = 0;
  uint32_t group = 0;
  uint16_t port = 0;
  std::string payload;
  [[nodiscard]] const uint8_t* bytes() const { return reinterpret_cast<const uint8_t*>(payload.data()); }
  [[nodiscard]] uint32_t size() const { return static_cast<uint32_t>(payload.size()); }
  friend bool operator==(const Packet&, const Packet&) = default;
};

// Reads a little-endian microsecond pcap by its specification.
std::vector<Packet> ReadPackets(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string file{std::istreambuf_iterator<char>(in), {}};
  const auto* data = reinterpret_cast<const uint8_t*>(file.data());
  std::vector<Packet> out;
  EXPECT_EQ(LoadLe<uint32_t>(data), 0xA1B2C3D4u);
  for (size_t at = 24; at < file.size();) {
    PacketView view;
    view.size = view.original_size = LoadLe<uint32_t>(data + at + 8);
    view.data = data + at + 16;
    const Frame frame = ParseFrame(view);
    EXPECT_EQ(frame.status, FrameStatus::kUdp) << "packet " << out.size() + 1;
    const uint64_t stamp = LoadLe<uint32_t>(data + at) * 1'000'000'000ull + LoadLe<uint32_t>(data + at + 4) * 1'000ull;
    out.push_back({stamp, LoadBe32(view.data + 30), LoadBe16(view.data + 36), file.substr(at + 16 + 42, view.size - 42)});
    at += 16 + view.size;
  }
  return out;
}

class GeneratorTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  GeneratedSession Generate(const GeneratorOptions& options, std::string* sha256 = nullptr) {
    std::string error;
    const auto writer = PcapWriter::Create(path_, false, &error);
    EXPECT_TRUE(writer) << error;
    GeneratedSession session = GenerateSession(options, *writer);
    EXPECT_TRUE(writer->Close(&error)) << error;
    if (sha256 != nullptr) *sha256 = writer->sha256();
    return session;
  }
  std::vector<Packet> Packets() const { return ReadPackets(path_); }
  static GeneratorOptions Options(uint64_t seed, uint64_t messages) {
    GeneratorOptions options;
    options.seed = seed;
    options.messages = messages;
    return options;
  }

  const std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("generator_test_" + std::to_string(getpid()));
  const std::string path_ = (folder_ / "session.pcap").string();
};

bool IsOpra(const Packet& packet) { return packet.bytes()[0] == 6; }
bool IsData(const Packet& packet) {
  if (IsOpra(packet)) return ParseOpraBlock(packet.bytes(), packet.size()).control == 0;
  return ParseMoldPacket(packet.bytes(), packet.size()).status == MoldStatus::kData;
}

TEST_F(GeneratorTest, SameSeedGivesTheSameBytes) {
  std::string first, again, other;
  Generate(Options(7, 20'000), &first);
  Generate(Options(7, 20'000), &again);
  Generate(Options(8, 20'000), &other);
  EXPECT_EQ(first, again);
  EXPECT_NE(first, other);
}

TEST_F(GeneratorTest, HasTheMessagesAndTheRateAskedFor) {
  for (const uint64_t messages : {500u, 3'000u, 40'000u}) {
    GeneratorOptions options = Options(2, messages);
    options.rate = 20'000;
    const GeneratedSession session = Generate(options);
    EXPECT_NEAR(static_cast<double>(session.messages), static_cast<double>(messages), 0.01 * static_cast<double>(messages));
    const double trading_seconds = static_cast<double>(session.duration_ns) / 1e9 - 0.1;
    if (messages >= 40'000) {
      EXPECT_NEAR(trading_seconds, static_cast<double>(messages) / 20'000, 0.1);
    }
  }
}

TEST_F(GeneratorTest, LineBFollowsLineAOnTheSamePort) {
  GeneratorOptions options = Options(4, 5'000);
  options.lines.skew_ns = 35'400;
  Generate(options);
  std::map<uint16_t, std::map<uint32_t, std::vector<Packet>>> lines;
  uint64_t last = 0;
  for (const Packet& packet : Packets()) {
    EXPECT_LE(last, packet.stamp_ns);
    last = packet.stamp_ns;
    lines[packet.port][packet.group].push_back(packet);
  }
  ASSERT_EQ(lines.size(), 3u);
  for (auto& [port, groups] : lines) {
    ASSERT_EQ(groups.size(), 2u);
    const std::vector<Packet>&a = groups.begin()->second, &b = groups.rbegin()->second;
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(a[i].payload, b[i].payload);
      EXPECT_EQ(b[i].stamp_ns - a[i].stamp_ns, 35'000u);
    }
  }
}

TEST_F(GeneratorTest, LossTakesDataPacketsAwayAndChangesNothingElse) {
  Generate(Options(5, 20'000));
  const std::vector<Packet> whole = Packets();
  GeneratorOptions options = Options(5, 20'000);
  options.lines.loss_a = 0.2;
  options.lines.loss_b = 0.1;
  options.lines.loss_disjoint = true;
  const GeneratedSession session = Generate(options);
  const std::vector<Packet> lossy = Packets();
  ASSERT_EQ(whole.size(), lossy.size() + session.lost_packets);
  std::map<uint16_t, std::map<uint32_t, std::pair<int, int>>> lost_of;  // port, group -> lost, data
  std::map<std::string, int> copies;
  size_t at = 0;
  for (const Packet& packet : whole) {
    const bool here = at < lossy.size() && lossy[at] == packet;
    at += here ? 1 : 0;
    if (!IsData(packet)) {
      EXPECT_TRUE(here);
      continue;
    }
    lost_of[packet.port][packet.group].first += here ? 0 : 1;
    ++lost_of[packet.port][packet.group].second;
    copies[packet.payload] += here ? 1 : 0;
  }
  EXPECT_EQ(at, lossy.size());
  for (const auto& [payload, count] : copies) EXPECT_GE(count, 1);
  for (const auto& [port, groups] : lost_of) {
    const auto &a = groups.begin()->second, &b = groups.rbegin()->second;
    EXPECT_NEAR(static_cast<double>(a.first) / a.second, 0.2, 0.05) << port;
    EXPECT_NEAR(static_cast<double>(b.first) / b.second, 0.1, 0.05) << port;
  }
}

TEST_F(GeneratorTest, EachLineOpensWithAHeartbeatAndClosesWithThreeEnds) {
  GeneratorOptions options = Options(6, 2'000);
  options.rate = 200;  // quiet enough for heartbeats in between
  Generate(options);
  std::map<uint32_t, std::vector<Packet>> lines;
  for (const Packet& packet : Packets()) lines[packet.group].push_back(packet);
  for (const auto& [group, packets] : lines) {
    uint64_t longest_silence = 0;
    for (size_t i = 1; i < packets.size(); ++i) longest_silence = std::max(longest_silence, packets[i].stamp_ns - packets[i - 1].stamp_ns);
    EXPECT_LE(longest_silence, 1'000'010'000u);
    ASSERT_GE(packets.size(), 5u);
    const Packet& first = packets.front();
    if (IsOpra(first)) {
      const OpraBlock opening = ParseOpraBlock(first.bytes(), first.size());
      EXPECT_EQ(opening.control, 'N');
      EXPECT_EQ(opening.sequence, 0u);
      const OpraBlock end = ParseOpraBlock(packets[packets.size() - 4].bytes(), packets[packets.size() - 4].size());
      EXPECT_EQ(end.control, 'J');
      for (size_t i = packets.size() - 3; i < packets.size(); ++i) {
        const OpraBlock integrity = ParseOpraBlock(packets[i].bytes(), packets[i].size());
        EXPECT_EQ(integrity.control, 'N');
        EXPECT_EQ(integrity.sequence, end.sequence);
      }
    } else {
      const MoldPacket opening = ParseMoldPacket(first.bytes(), first.size());
      EXPECT_EQ(opening.status, MoldStatus::kHeartbeat);
      EXPECT_EQ(opening.sequence, 1u);
      for (size_t i = packets.size() - 3; i < packets.size(); ++i) {
        EXPECT_EQ(ParseMoldPacket(packets[i].bytes(), packets[i].size()).status, MoldStatus::kEndOfSession);
      }
      EXPECT_NE(ParseMoldPacket(packets[packets.size() - 4].bytes(), packets[packets.size() - 4].size()).status, MoldStatus::kEndOfSession);
    }
  }
}

TEST_F(GeneratorTest, ProportionsAreThoseOfADay) {
  const GeneratedSession session = Generate(Options(3, 200'000));
  double itch = 0;
  for (const auto& [type, count] : session.by_type) itch += type.starts_with("itch:") ? static_cast<double>(count) : 0;
  const auto share = [&](const char* type) { return static_cast<double>(session.by_type.at(type)) / itch; };
  EXPECT_NEAR(itch / static_cast<double>(session.messages), 0.6, 0.02);
  EXPECT_NEAR(share("itch:A"), 0.44, 0.06);
  EXPECT_NEAR(share("itch:D"), 0.41, 0.06);
  EXPECT_NEAR(share("itch:U"), 0.07, 0.03);
  EXPECT_NEAR(share("itch:E"), 0.035, 0.02);
  EXPECT_NEAR(share("itch:X"), 0.013, 0.01);
  for (const char* type : {"itch:F", "itch:C", "itch:P", "itch:I", "itch:Q", "opra:k", "opra:q", "opra:a"})
    EXPECT_GT(session.by_type.at(type), 0u) << type;
  std::map<SignalKind, int> planted;
  for (const PlantedMispricing& one : session.planted) ++planted[one.kind];
  EXPECT_EQ(planted.size(), static_cast<size_t>(kSignalKinds));
  for (const auto& [kind, count] : planted) EXPECT_GE(count, 5);
}

// Books of maps: what a reader of both feeds believes at the end of each packet.
class TextbookMarket {
 public:
  using Book = std::array<std::map<PriceNanos, Quantity>, 2>;
  struct Resting {
    std::string symbol;
    Side side;
    PriceNanos price;
    Quantity left;
  };
  struct Option {
    OptionSide bid, ask;
  };
  using Key = std::tuple<std::string, uint32_t, int, PriceNanos>;

  void On(const AddOrder& e) {
    const std::string symbol(e.symbol.view());
    orders_[venue_][e.order_ref] = {symbol, e.side, e.price_nanos, e.quantity};
    Change(symbol, e.side, e.price_nanos, e.quantity);
  }
  void On(const ExecuteOrder& e) {
    const Resting& order = orders_[venue_].at(e.order_ref);
    EXPECT_EQ(order.price, Best(venue_, order.symbol, order.side)) << "an execution away from the touch";
    Take(e.order_ref, e.quantity);
  }
  void On(const ReduceOrder& e) {
    EXPECT_LT(e.quantity, orders_[venue_].at(e.order_ref).left);
    Take(e.order_ref, e.quantity);
  }
  void On(const DeleteOrder& e) { Take(e.order_ref, orders_[venue_].at(e.order_ref).left); }
  void On(const ReplaceOrder& e) {
    const Resting old = orders_[venue_].at(e.order_ref);
    Take(e.order_ref, old.left);
    orders_[venue_][e.new_order_ref] = {old.symbol, old.side, e.price_nanos, e.quantity};
    Change(old.symbol, old.side, e.price_nanos, e.quantity);
  }
  void On(const OptionQuote& e) {
    Option& option = options_[KeyOf(e.key)];
    if (e.best_bid_change != BestChange::kNoChange) option.bid = e.best_bid_change == BestChange::kSet ? e.best_bid : OptionSide{};
    if (e.best_ask_change != BestChange::kNoChange) option.ask = e.best_ask_change == BestChange::kSet ? e.best_ask : OptionSide{};
    if (option.bid.price_nanos != kNoPrice && option.ask.price_nanos != kNoPrice) {
      EXPECT_LT(option.bid.price_nanos, option.ask.price_nanos);
    }
  }
  template <class Event>
  void On(const Event&) {}

  // Returns the feed that the packet belongs to, or -1 where it brings nothing new.
  int Read(const Packet& packet) {
    touched_.clear();
    if (IsOpra(packet)) {
      const OpraBlock block = ParseOpraBlock(packet.bytes(), packet.size());
      EXPECT_TRUE(block.good) << block.problem;
      if (block.control == 'N' || block.sequence < next_[kOptionFeed]) return -1;
      next_[kOptionFeed] = block.sequence + block.count;
      ForEachOpraMessage(block.messages, block.messages_bytes, block.count, 0,
                         [&](const uint8_t* m, uint32_t) { DecodeOpra(m, {}, *this); });
      return kOptionFeed;
    }
    const MoldPacket mold = ParseMoldPacket(packet.bytes(), packet.size());
    venue_ = mold.session[3] == 'A' ? 0 : 1;
    if (mold.status != MoldStatus::kData || mold.sequence < next_[venue_]) return -1;
    EXPECT_EQ(mold.sequence, next_[venue_]);
    next_[venue_] = mold.sequence + mold.count;
    ForEachMoldMessage(mold.blocks, mold.sequence, mold.sequence, next_[venue_],
                       [&](const uint8_t* m, uint32_t size, uint64_t) { EXPECT_EQ(DecodeItch(m, size, {}, 0, *this), DecodeStatus::kOk); });
    return static_cast<int>(venue_);
  }

  [[nodiscard]] PriceNanos Best(size_t venue, const std::string& symbol, Side side) const {
    const auto& levels = books_[venue].at(symbol)[static_cast<size_t>(side)];
    if (levels.empty()) return kNoPrice;
    return side == Side::kBuy ? levels.rbegin()->first : levels.begin()->first;
  }
  [[nodiscard]] Quantity BestSize(size_t venue, const std::string& symbol, Side side) const {
    return books_[venue].at(symbol)[static_cast<size_t>(side)].at(Best(venue, symbol, side));
  }
  [[nodiscard]] const Option& option(const OptionKey& key) const { return options_.at(KeyOf(key)); }
  [[nodiscard]] bool Knows(size_t venue, const std::string& symbol) const { return books_[venue].contains(symbol); }
  [[nodiscard]] uint64_t last(size_t feed) const { return next_[feed] - 1; }
  [[nodiscard]] const std::set<std::string>& touched() const { return touched_; }
  [[nodiscard]] const Book& book(size_t venue, const std::string& symbol) const { return books_[venue].at(symbol); }

 private:
  static Key KeyOf(const OptionKey& key) {
    return {std::string(key.root.view()), key.expiration, static_cast<int>(key.right), key.strike_nanos};
  }
  void Change(const std::string& symbol, Side side, PriceNanos price, Quantity by) {
    auto& levels = books_[venue_][symbol][static_cast<size_t>(side)];
    if ((levels[price] += by) == 0) levels.erase(price);
    touched_.insert(symbol);
  }
  void Take(OrderRef ref, Quantity quantity) {
    Resting& order = orders_[venue_].at(ref);
    ASSERT_LE(quantity, order.left);
    Change(order.symbol, order.side, order.price, -quantity);
    if ((order.left -= quantity) == 0) orders_[venue_].erase(ref);
  }

  size_t venue_ = 0;
  std::array<uint64_t, kGeneratorFeeds> next_{1, 1, 1};
  std::array<std::map<OrderRef, Resting>, kGeneratorVenues> orders_;
  std::array<std::map<std::string, Book>, kGeneratorVenues> books_;
  std::map<Key, Option> options_;
  std::set<std::string> touched_;
};

bool Stands(const PlantedMispricing& planted, const TextbookMarket& market) {
  for (size_t feed = 0; feed < kGeneratorFeeds; ++feed) {
    if (planted.first_sequence[feed] == 0) continue;
    if (market.last(feed) < planted.first_sequence[feed] || market.last(feed) > planted.last_sequence[feed]) return false;
  }
  return true;
}

void ExpectLegsThere(const PlantedMispricing& planted, const TextbookMarket& market) {
  for (int i = 0; i < planted.leg_count; ++i) {
    const PlantedLeg& leg = planted.legs[static_cast<size_t>(i)];
    if (leg.feed == kOptionFeed) {
      const auto& option = market.option(leg.option);
      const OptionSide& side = leg.side == Side::kBuy ? option.ask : option.bid;
      EXPECT_EQ(side.price_nanos, leg.price_nanos);
      EXPECT_GE(side.quantity * 100, planted.size);
    } else {
      const std::string symbol(leg.symbol.view());
      EXPECT_EQ(market.Best(static_cast<size_t>(leg.feed), symbol, Opposite(leg.side)), leg.price_nanos);
      EXPECT_GE(market.BestSize(static_cast<size_t>(leg.feed), symbol, Opposite(leg.side)), planted.size);
    }
  }
}

TEST_F(GeneratorTest, MarketsAreSoundAndPlantedMispricingsStandWhereTheTruthSays) {
  const GeneratedSession session = Generate(Options(9, 60'000));
  ASSERT_GE(session.planted.size(), 4u);
  TextbookMarket market;
  std::vector<int> seen(session.planted.size());
  size_t thin_books = 0, books = 0;
  for (const Packet& packet : Packets()) {
    if (market.Read(packet) < 0) continue;
    std::string crossed_by_plan;
    for (size_t i = 0; i < session.planted.size(); ++i) {
      const PlantedMispricing& planted = session.planted[i];
      if (!Stands(planted, market)) continue;
      ++seen[i];
      ExpectLegsThere(planted, market);
      if (planted.kind == SignalKind::kCrossVenue) crossed_by_plan = planted.legs[0].symbol.view();
    }
    for (const std::string& symbol : market.touched()) {
      if (!market.Knows(0, symbol) || !market.Knows(1, symbol)) continue;
      for (size_t venue = 0; venue < kGeneratorVenues; ++venue) {
        const PriceNanos bid = market.Best(venue, symbol, Side::kBuy);
        for (size_t other = 0; other < kGeneratorVenues; ++other) {
          const PriceNanos ask = market.Best(other, symbol, Side::kSell);
          if (bid == kNoPrice || ask == kNoPrice || (other != venue && symbol == crossed_by_plan)) continue;
          ASSERT_LT(bid, ask) << symbol << " bid on venue " << venue << ", offered on " << other;
        }
        ++books;
        thin_books += market.book(venue, symbol)[0].size() < 8 || market.book(venue, symbol)[1].size() < 8;
      }
    }
  }
  EXPECT_THAT(seen, testing::Each(testing::Ge(1)));
  EXPECT_LT(thin_books, books / 10);
}

TEST_F(GeneratorTest, PlantedEdgesAreAboveFeesAndThresholds) {
  const EngineConfig engine;
  const GeneratedSession session = Generate(Options(10, 60'000));
  for (const PlantedMispricing& planted : session.planted) {
    PriceNanos cash = 0;
    for (const PlantedLeg& leg : planted.legs) cash += leg.side == Side::kSell ? leg.price_nanos : -leg.price_nanos;
    if (planted.kind == SignalKind::kCrossVenue) {
      EXPECT_EQ(cash, planted.gross_edge_nanos);
    }
    EXPECT_GT(planted.net_edge_nanos, engine.min_edge_parity_nanos);
    EXPECT_GT(planted.size, 0);
    EXPECT_GE(planted.end_ns - planted.start_ns, 500'000u);
    EXPECT_LE(planted.end_ns - planted.start_ns, 5'000'000u);
  }
}

TEST_F(GeneratorTest, RefusesWhatMakesNoSession) {
  EXPECT_EQ(ProblemWith(Options(1, 500)), "");
  EXPECT_NE(ProblemWith(Options(1, 499)), "");
  GeneratorOptions options = Options(1, 1'000);
  options.lines.loss_a = 1.5;
  EXPECT_NE(ProblemWith(options), "");
  options.lines.loss_a = options.lines.loss_b = 0.6;
  EXPECT_EQ(ProblemWith(options), "");
  options.lines.loss_disjoint = true;
  EXPECT_NE(ProblemWith(options), "");
  options = Options(1, 1'000);
  options.rate = 0;
  EXPECT_NE(ProblemWith(options), "");
}

}  // namespace
}  // namespace tickgraph
