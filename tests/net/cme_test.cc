// CME MDP 3.0: the registry against the specification, real packets through decoder and encoder and back, snapshots, other schema versions,
// hostile bytes.
#include "net/proto/cme.h"

#include <map>
#include <random>

#include "net/proto/cme_encode.h"
#include "net/proto/frame.h"
#include "tests/net/proto_test_util.h"
#include "tests/net/venue_layouts.h"

namespace tickgraph {
namespace {

using cme::Message;
using cme::Packet;

constexpr const char* kFiles[] = {"pcap/cme_mdp3_session_statistics.pcap", "pcap/cme_mdp3_volume.pcap"};

// Keeps what one message of template T says, and encodes it again.
template <class T, class Groups = typename T::Groups>
struct Collector;
template <class T, class... Groups>
struct Collector<T, cme::TypeList<Groups...>> {
  typename T::Root root;
  std::tuple<std::vector<typename Groups::Block>...> groups;
  int roots = 0;

  void On(const Message&, const typename T::Root& block) {
    root = block;
    ++roots;
  }
  template <class Block>
  void On(const Message&, const Block& block) {
    std::get<std::vector<Block>>(groups).push_back(block);
  }
  [[nodiscard]] Bytes Encode(uint16_t version) const {
    Bytes out(0xFFFF);
    std::apply([&](const auto&... group) { out.resize(cme::Encode<T>(version, out.data(), 0xFFFF, root, group...)); }, groups);
    return out;
  }
};

struct Counter {
  uint32_t calls = 0;
  template <class... Blocks>
  void On(const Blocks&...) {
    ++calls;
  }
};

// Decodes a message of any template and encodes it again.
Bytes Reencode(const Message& message) {
  Bytes out;
  cme::ForEachTemplate(cme::Templates{}, [&]<class T>() {
    if (T::kId != message.template_id) return;
    Collector<T> collector;
    EXPECT_EQ(DecodeStatus::kOk, cme::DecodeTemplate<T>(message, collector)) << T::name();
    EXPECT_EQ(1, collector.roots) << T::name();
    out = collector.Encode(message.version);
  });
  return out;
}

template <class T>
DecodeStatus DecodeInto(const Message& message, Collector<T>& collector) {
  EXPECT_EQ(T::kId, message.template_id);
  return cme::DecodeTemplate<T>(message, collector);
}

Message Parse(const Bytes& bytes) {
  Message out;
  uint32_t size = 0;
  EXPECT_TRUE(cme::ParseMessage(bytes.data(), static_cast<uint32_t>(bytes.size()), &out, &size));
  EXPECT_EQ(bytes.size(), size);
  return out;
}

// A block whose bytes are its field's numbers; prices small enough for every unit, reserved bytes 0.
template <class Layout>
void FillBlock(std::mt19937_64& random, uint8_t* bytes) {
  const BlockLister listed = ListFields<Layout>();
  for (uint16_t f = 0; f < listed.count; ++f) {
    const BlockField& field = listed.fields[f];
    for (uint16_t i = 0; i < field.size; ++i) {
      uint8_t byte = static_cast<uint8_t>(33 + random() % 90);
      if (field.name == "pad" || (field.size == 8 && i >= 6)) byte = 0;
      bytes[field.offset + i] = byte;
    }
  }
}

template <class T, class... Groups>
Bytes RandomMessage(cme::TypeList<Groups...>, uint16_t version, std::mt19937_64& random) {
  Bytes out(cme::kMessageHeaderBytes + T::Layout::kBytes);
  FillBlock<typename T::Layout>(random, &out[cme::kMessageHeaderBytes]);
  StoreLe<uint16_t>(&out[2], T::Layout::kBytes);
  StoreLe<uint16_t>(&out[4], T::kId);
  StoreLe<uint16_t>(&out[6], cme::kSchema);
  StoreLe<uint16_t>(&out[8], version);
  [[maybe_unused]] const auto add = [&]<class GroupOf>() {
    if (version < GroupOf::kSince) return;
    const size_t count = random() % 4, at = out.size();
    out.resize(at + GroupOf::kDimensionBytes + count * GroupOf::Layout::kBytes);
    StoreLe<uint16_t>(&out[at], GroupOf::Layout::kBytes);
    out[at + GroupOf::kDimensionBytes - 1] = static_cast<uint8_t>(count);
    for (size_t i = 0; i < count; ++i)
      FillBlock<typename GroupOf::Layout>(random, &out[at + GroupOf::kDimensionBytes + i * GroupOf::Layout::kBytes]);
  };
  (add.template operator()<Groups>(), ...);
  StoreLe(&out[0], static_cast<uint16_t>(out.size()));
  return out;
}

template <class Visit>
void ForEachRandomMessage(uint16_t version, Visit&& visit) {
  std::mt19937_64 random(7);
  cme::ForEachTemplate(cme::Templates{}, [&]<class T>() {
    for (int i = 0; i < 4; ++i) visit(RandomMessage<T>(typename T::Groups{}, version, random));
  });
}

TEST(CmeTest, RegistryMatchesTheSpecification) {
  size_t rows = 0;
  const auto same = [&]<class Layout>(const char* block) { rows += ExpectLayout<Layout>(kCmeLayout, block); };
  same.operator()<cme::Root>("ROOT");
  same.operator()<cme::Root9>("ROOT9");
  same.operator()<cme::R30>("R30");
  same.operator()<cme::R38>("R38");
  same.operator()<cme::R39>("R39");
  same.operator()<cme::R44>("R44");
  same.operator()<cme::R61>("R61");
  same.operator()<cme::G4>("G4");
  same.operator()<cme::G32>("G32");
  same.operator()<cme::G33>("G33");
  same.operator()<cme::G34>("G34");
  same.operator()<cme::G36>("G36");
  same.operator()<cme::G37>("G37");
  same.operator()<cme::G38>("G38");
  same.operator()<cme::G39>("G39");
  same.operator()<cme::G42>("G48");  // 42's is the same from version 7 on
  same.operator()<cme::G43>("G43");
  same.operator()<cme::G44>("G44");
  same.operator()<cme::G46>("G46");
  same.operator()<cme::G51>("G51");
  same.operator()<cme::G61>("G61");
  same.operator()<cme::G64>("G64");
  same.operator()<cme::G65>("G65");
  same.operator()<cme::G66>("G66");
  same.operator()<cme::G68>("G68");
  same.operator()<cme::OrderOfEntryLayout>("GORD");
  same.operator()<cme::OrderOfTradeLayout>("GOID");
  same.operator()<cme::FutureLayout<true>>("54");
  same.operator()<cme::OptionLayout<true>>("55");
  same.operator()<cme::SpreadLayout<true>>("56");
  EXPECT_EQ(rows + 8 + 7, std::size(kCmeLayout));  // G42 and G35, before fields took their reserved bytes
}

TEST(CmeTest, PricesAndGroupsOfEachTemplateAreTheSpecifications) {
  cme::ForEachTemplate(cme::Templates{}, []<class T>() { EXPECT_EQ(T::kId < 46 ? 100 : 1, T::kFormat.price_unit) << T::kId; });
  EXPECT_EQ(216, cme::TemplateOf<27>::Layout::kBytes);
  EXPECT_EQ(195, cme::TemplateOf<29>::Layout::kBytes);
  EXPECT_EQ(213, cme::TemplateOf<41>::Layout::kBytes);
  for (const uint16_t id : {4,  12, 15, 16, 27, 29, 30, 32, 33, 34, 35, 36, 37, 38, 39, 41, 42, 43,
                            44, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 61, 64, 65, 66, 68}) {
    EXPECT_FALSE(cme::TemplateName(id).empty()) << id;
    EXPECT_TRUE(cme::IsKnownTemplate(id)) << id;
  }
  EXPECT_FALSE(cme::IsKnownTemplate(0));
  EXPECT_FALSE(cme::IsKnownTemplate(209));
}

TEST(CmeTest, RealPacketsEncodeToTheSameBytes) {
  std::map<int, int> templates;
  std::map<int32_t, uint32_t> rpt_seq;
  for (const char* name : kFiles) {
    const auto packets = ReadClassicPcap(DataPath(name));
    if (packets.empty()) GTEST_SKIP() << name << " is not there";
    for (size_t i = 0; i < packets.size(); ++i) {
      const Frame frame = ParseFrame(ViewOf(packets[i], i + 1));
      ASSERT_EQ(FrameStatus::kUdp, frame.status);
      ASSERT_TRUE(cme::LooksLikePacket(frame.payload, frame.size));
      const Packet packet = cme::ParsePacket(frame.payload, frame.size);
      ASSERT_TRUE(packet.good);
      cme::ForEachMessage(packet, [&](const Message& message) {
        ++templates[message.template_id];
        const uint8_t* start = message.body - cme::kMessageHeaderBytes;
        ASSERT_EQ(Bytes(start, message.body + message.body_bytes), Reencode(message)) << name << " packet " << i + 1;
      });
    }
  }
  const std::map<int, int> want{{30, 12}, {32, 484}, {35, 398}, {37, 150}};
  EXPECT_EQ(want, templates);
}

TEST(CmeTest, EveryTemplateOfEveryVersionComesBackByteForByte) {
  for (const uint16_t version : {2, 6, 7, 9, 10, 13}) {
    int messages = 0;
    ForEachRandomMessage(version, [&](const Bytes& bytes) {
      Bytes again = Reencode(Parse(bytes));
      if (version < 10 && bytes[4] == 46) return;  // there, tradeable sizes are reserved bytes
      if (version < 8 && (bytes[4] == 35 || bytes[4] == 51)) return;
      if (version < 7 && (bytes[4] == 42 || bytes[4] == 48)) return;
      ASSERT_EQ(bytes, again) << bytes[4] << " of version " << version;
      ++messages;
    });
    EXPECT_GT(messages, 100);
  }
}

// No capture here holds a snapshot: its bytes are put down by hand, from the specification's offsets.
Bytes SnapshotBytes(uint16_t id, int64_t wire_price) {
  Bytes out(10 + 59 + 3 + 2 * 22);
  StoreLe<uint16_t>(&out[0], static_cast<uint16_t>(out.size()));
  StoreLe<uint16_t>(&out[2], 59);
  StoreLe<uint16_t>(&out[4], id);
  StoreLe<uint16_t>(&out[6], 1);
  StoreLe<uint16_t>(&out[8], id == 38 ? 8 : 9);
  uint8_t* root = &out[10];
  StoreLe<uint32_t>(root, 17'000'001);
  StoreLe<uint32_t>(root + 4, 250);
  StoreLe<int32_t>(root + 8, 118);
  StoreLe<uint32_t>(root + 12, 4321);
  StoreLe<uint64_t>(root + 16, 1'475'013'600'000'000'001);
  StoreLe<uint64_t>(root + 24, 1'475'013'599'000'000'000);
  StoreLe<uint16_t>(root + 32, 17'072);
  root[34] = 17;
  StoreLe<int64_t>(root + 35, wire_price);
  StoreLe<int64_t>(root + 43, INT64_MAX);
  StoreLe<int64_t>(root + 51, INT64_MAX);
  uint8_t* group = root + 59;
  StoreLe<uint16_t>(group, 22);
  group[2] = 2;
  for (int i = 0; i < 2; ++i) {
    uint8_t* entry = group + 3 + 22 * i;
    StoreLe<int64_t>(entry, i == 0 ? wire_price : INT64_MAX);
    StoreLe<int32_t>(entry + 8, i == 0 ? 15 : INT32_MAX);
    StoreLe<int32_t>(entry + 12, i == 0 ? 3 : INT32_MAX);
    entry[16] = static_cast<uint8_t>(i + 1);
    StoreLe<uint16_t>(entry + 17, 65535);
    entry[19] = 255;
    entry[21] = static_cast<uint8_t>(i == 0 ? '0' : '1');
  }
  return out;
}

template <uint16_t kId>
void ExpectSnapshot(int64_t wire_price) {
  const Bytes bytes = SnapshotBytes(kId, wire_price);
  Collector<cme::TemplateOf<kId>> got;
  ASSERT_EQ(DecodeStatus::kOk, cme::DecodeTemplate<cme::TemplateOf<kId>>(Parse(bytes), got));
  EXPECT_EQ(17'000'001u, got.root.last_sequence);
  EXPECT_EQ(250u, got.root.report_count);
  EXPECT_EQ(118, got.root.security_id);
  EXPECT_EQ(4321u, got.root.rpt_seq);
  EXPECT_EQ(17, got.root.trading_status);
  EXPECT_EQ(2150'250'000'000, got.root.high_limit_nanos);
  EXPECT_EQ(kNoPrice, got.root.low_limit_nanos);
  const auto& entries = std::get<0>(got.groups);
  ASSERT_EQ(2u, entries.size());
  EXPECT_EQ(2150'250'000'000, entries[0].price_nanos);
  EXPECT_EQ(15, entries[0].size);
  EXPECT_EQ(3, entries[0].number_of_orders);
  EXPECT_EQ(1, entries[0].level);
  EXPECT_EQ('0', entries[0].entry_type);
  EXPECT_EQ(kNoPrice, entries[1].price_nanos);
  EXPECT_EQ(kNoQuantity, entries[1].size);
  EXPECT_EQ(kNoQuantity, entries[1].number_of_orders);
  EXPECT_EQ('1', entries[1].entry_type);
  EXPECT_EQ(bytes, got.Encode(kId == 38 ? 8 : 9));
}

TEST(CmeTest, SnapshotsByTheirBytes) {
  ExpectSnapshot<38>(21'502'500'000);
  ExpectSnapshot<52>(2'150'250'000'000);
}

TEST(CmeTest, BuilderMakesPacketsThatTheWalkTakesApart) {
  Bytes buffer(1400);
  cme::PacketBuilder builder(buffer.data(), 1400);
  builder.Begin(77, 1'475'013'600'000'000'000);
  const cme::Incremental root{1'475'013'600'000'000'000, cme::kEndOfEvent};
  EXPECT_TRUE(root.end_of_event());
  const std::vector<cme::BookEntry> entries(2, cme::BookEntry{.price_nanos = 1'500'000'000, .size = 4, .security_id = 9});
  const std::vector<cme::OrderOfEntry> orders(1);
  ASSERT_TRUE(builder.Add<46>(9, root, entries, orders));
  ASSERT_TRUE(builder.Add<12>(9, cme::Heartbeat{}));
  EXPECT_FALSE(builder.Add<46>(9, root, std::vector<cme::BookEntry>(60), orders));                     // no room
  EXPECT_FALSE(builder.Add<32>(9, root, std::vector<cme::BookEntry>(1, {.price_nanos = 1}), orders));  // finer than 1e-7
  const uint32_t size = builder.Finish();
  const Packet packet = cme::ParsePacket(buffer.data(), size);
  ASSERT_TRUE(packet.good);
  EXPECT_EQ(77u, packet.sequence);
  EXPECT_EQ(2u, packet.count);
  std::vector<uint32_t> calls;
  cme::ForEachMessage(packet, [&](const Message& message) {
    Counter counter;
    EXPECT_EQ(DecodeStatus::kOk, cme::Decode(message, counter));
    calls.push_back(counter.calls);
  });
  EXPECT_EQ(calls, (std::vector<uint32_t>{4, 1}));
}

// A newer schema: longer blocks, a group more, bytes at the end.
TEST(CmeTest, LongerBlocksAndNewGroupsAreSkipped) {
  Bytes out(10 + 11 + 4 + 3 + 2 * (32 + 6) + 8 + 24 + 5);
  StoreLe<uint16_t>(&out[0], static_cast<uint16_t>(out.size()));
  StoreLe<uint16_t>(&out[2], 11 + 4);
  StoreLe<uint16_t>(&out[4], 46);
  StoreLe<uint16_t>(&out[6], 1);
  StoreLe<uint16_t>(&out[8], 99);
  StoreLe<uint64_t>(&out[10], 5);
  uint8_t* group = &out[10 + 15];
  StoreLe<uint16_t>(group, 38);
  group[2] = 2;
  StoreLe<int64_t>(group + 3, 7);
  StoreLe<int64_t>(group + 3 + 38, 8);
  StoreLe<int32_t>(group + 3 + 38 + 12, 1234);
  StoreLe<int32_t>(group + 3 + 38 + 27, 6);  // tradeable size, of version 10
  uint8_t* orders = group + 3 + 76;
  StoreLe<uint16_t>(orders, 24);
  orders[7] = 1;
  StoreLe<uint64_t>(orders + 8, 99);
  Collector<cme::TemplateOf<46>> got;
  ASSERT_EQ(DecodeStatus::kOk, DecodeInto(Parse(out), got));
  ASSERT_EQ(2u, std::get<0>(got.groups).size());
  EXPECT_EQ(7, std::get<0>(got.groups)[0].price_nanos);
  EXPECT_EQ(8, std::get<0>(got.groups)[1].price_nanos);
  EXPECT_EQ(1234, std::get<0>(got.groups)[1].security_id);
  EXPECT_EQ(6, std::get<0>(got.groups)[1].tradeable_size);
  ASSERT_EQ(1u, std::get<1>(got.groups).size());
  EXPECT_EQ(99u, std::get<1>(got.groups)[0].order_id);
  StoreLe<uint16_t>(&out[8], 9);
  Collector<cme::TemplateOf<46>> older;
  ASSERT_EQ(DecodeStatus::kOk, DecodeInto(Parse(out), older));
  EXPECT_EQ(kNoQuantity, std::get<0>(older.groups)[1].tradeable_size);
}

// An older schema: fields behind the block's end are absent, and so is the second group of 32 before version 7.
TEST(CmeTest, ShorterBlocksHoldNullsAndOldVersionsHaveFewerGroups) {
  Bytes out(10 + 9 + 3 + 20);
  StoreLe<uint16_t>(&out[0], static_cast<uint16_t>(out.size()));
  StoreLe<uint16_t>(&out[2], 9);
  StoreLe<uint16_t>(&out[4], 32);
  StoreLe<uint16_t>(&out[6], 1);
  StoreLe<uint16_t>(&out[8], 6);
  out[18] = cme::kEndOfEvent;
  StoreLe<uint16_t>(&out[19], 20);
  out[21] = 1;
  StoreLe<int64_t>(&out[22], 3);
  StoreLe<int32_t>(&out[34], 55);
  Collector<cme::TemplateOf<32>> got;
  ASSERT_EQ(DecodeStatus::kOk, DecodeInto(Parse(out), got));
  EXPECT_TRUE(got.root.end_of_event());
  ASSERT_EQ(1u, std::get<0>(got.groups).size());
  const cme::BookEntry& entry = std::get<0>(got.groups)[0];
  EXPECT_EQ(300, entry.price_nanos);
  EXPECT_EQ(55, entry.security_id);
  EXPECT_EQ(kNoQuantity, entry.number_of_orders);
  EXPECT_EQ(0, entry.level);
  StoreLe<uint16_t>(&out[8], 7);
  Counter counter;
  EXPECT_EQ(DecodeStatus::kBadLength, cme::Decode(Parse(out), counter));
  EXPECT_EQ(0u, counter.calls);
}

TEST(CmeTest, ValuesWithoutAPlaceAreRefusedBeforeTheFirstCall) {
  std::mt19937_64 random(1);
  Collector<cme::TemplateOf<32>> book;
  book.root = {};
  std::get<0>(book.groups).resize(3);
  Bytes bytes = book.Encode(8);
  uint8_t* last = &bytes[10 + 11 + 3 + 2 * 32];
  const auto status = [&] {
    Counter counter;
    const DecodeStatus out = cme::Decode(Parse(bytes), counter);
    EXPECT_EQ(out == DecodeStatus::kOk ? 4u : 0u, counter.calls);
    return out;
  };
  EXPECT_EQ(DecodeStatus::kOk, status());
  for (const int64_t price : {INT64_MAX / 100 + 1, INT64_MAX - 1, INT64_MIN, INT64_MIN / 100 - 1}) {
    StoreLe(last, price);
    EXPECT_EQ(DecodeStatus::kBadValue, status()) << price;
  }
  StoreLe(last, INT64_MAX / 100);
  EXPECT_EQ(DecodeStatus::kOk, status());
  Collector<cme::TemplateOf<64>> wide;
  std::get<0>(wide.groups).resize(1);
  bytes = wide.Encode(12);
  StoreLe<uint64_t>(&bytes[10 + 11 + 3 + 8], uint64_t{1} << 63);
  Counter counter;
  EXPECT_EQ(DecodeStatus::kBadValue, cme::Decode(Parse(bytes), counter));
  EXPECT_EQ(0u, counter.calls);
}

TEST(CmeTest, OtherSchemasAndTemplatesAreUnknown) {
  Message message;
  Counter counter;
  for (const uint16_t id : {0, 57, 69, 206, 65535}) {
    message.template_id = id;
    EXPECT_EQ(DecodeStatus::kUnknownType, cme::Decode(message, counter));
  }
  message.template_id = 32;
  message.schema_id = cme::kRequestSchema;
  EXPECT_EQ(DecodeStatus::kUnknownType, cme::Decode(message, counter));
  EXPECT_EQ(0u, counter.calls);
}

// Decodes whatever is good of `bytes`, from a copy of the exact size, so that a sanitizer sees a read past the end.
void Hostile(const Bytes& bytes) {
  const Bytes exact(bytes);
  const Packet packet = cme::ParsePacket(exact.data(), static_cast<uint32_t>(exact.size()));
  (void)cme::LooksLikePacket(exact.data(), static_cast<uint32_t>(exact.size()));
  if (!packet.good) return;
  uint32_t messages = 0;
  cme::ForEachMessage(packet, [&](const Message& message) {
    ++messages;
    Counter counter;
    const DecodeStatus status = cme::Decode(message, counter);
    ASSERT_EQ(status == DecodeStatus::kOk, counter.calls != 0);
  });
  ASSERT_EQ(packet.count, messages);
}

TEST(CmeTest, EveryTruncationOfEveryTemplateIsRefusedOrSafe) {
  ForEachRandomMessage(13, [](const Bytes& message) {
    Bytes packet(cme::kPacketHeaderBytes);
    packet.insert(packet.end(), message.begin(), message.end());
    for (size_t size = 0; size < packet.size(); ++size) {
      Bytes cut(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_EQ(size == cme::kPacketHeaderBytes, cme::ParsePacket(cut.data(), static_cast<uint32_t>(size)).good);
      if (size < cme::kPacketHeaderBytes + cme::kMessageHeaderBytes) continue;
      StoreLe(&cut[cme::kPacketHeaderBytes], static_cast<uint16_t>(size - cme::kPacketHeaderBytes));  // a size that agrees
      Hostile(cut);
      Counter counter;
      Message parsed;
      uint32_t bytes = 0;
      if (!cme::ParseMessage(&cut[cme::kPacketHeaderBytes], static_cast<uint32_t>(size - cme::kPacketHeaderBytes), &parsed, &bytes))
        continue;
      ASSERT_EQ(DecodeStatus::kBadLength, cme::Decode(parsed, counter)) << parsed.template_id << " " << size;
    }
  });
}

TEST(CmeTest, EveryByteValueAndRandomMutationsAreSafe) {
  std::mt19937_64 random(3);
  ForEachRandomMessage(13, [&](const Bytes& message) {
    Bytes packet(cme::kPacketHeaderBytes);
    packet.insert(packet.end(), message.begin(), message.end());
    for (int round = 0; round < 300; ++round) {
      Bytes mutant = packet;
      for (int i = 0; i <= round % 4; ++i) mutant[random() % mutant.size()] = round % 3 == 0 ? 0xFF : static_cast<uint8_t>(random());
      Hostile(mutant);
    }
    // Behind the headers, the root and the first group, more of the same follows.
    const size_t head = std::min<size_t>(packet.size(), 160);
    for (size_t at = 0; at < head; ++at) {
      Bytes mutant = packet;
      for (int value = 0; value < 256; ++value) {
        mutant[at] = static_cast<uint8_t>(value);
        Hostile(mutant);
      }
    }
  });
}

}  // namespace
}  // namespace tickgraph
