// Databento records: every field given back, every cut and changed byte survived, and real files' counts.
#include "net/proto/dbn.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <random>
#include <string>

#include "net/io/file/capture_reader.h"
#include "tests/net/capture_builder.h"

namespace tickgraph {
namespace {

using test::Bytes;

struct Keep {
  std::vector<DbnOrder> orders;
  std::vector<DbnQuote> quotes;
  std::vector<std::string> symbols;
  std::vector<DbnStatistic> statistics;
  int calls = 0;
  void On(const DbnOrder& e) { orders.push_back(e), ++calls; }
  void On(const DbnQuote& e) { quotes.push_back(e), ++calls; }
  void On(const DbnDefinition& e) { symbols.emplace_back(e.raw_symbol), ++calls; }
  void On(const DbnStatistic& e) { statistics.push_back(e), ++calls; }
  template <class Event>
  void On(const Event&) {
    ++calls;
  }
};

constexpr uint8_t kTypes[] = {0x00, 0x01, 0x0A, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x20,
                              0x21, 0x22, 0x23, 0x24, 0xA0, 0xB1, 0xC0, 0xC1, 0xC2, 0xC3, 0xC4};

// A record of random bytes with the length of its type.
Bytes RandomRecord(uint8_t rtype, DbnFormat format, std::mt19937_64* random) {
  Bytes out(DbnRecordBytes(rtype, format.version) + (format.ts_out ? 8 : 0));
  for (uint8_t& byte : out) byte = static_cast<uint8_t>((*random)());
  out[0] = static_cast<uint8_t>(out.size() / 4);
  out[1] = rtype;
  return out;
}

// Takes every field out as a number or as bytes, and writes it into a new record.
Bytes Reencode(const Bytes& record, std::span<const DbnField> layout) {
  Bytes out(record.size());
  uint16_t end = 0;
  for (const DbnField& field : layout) {
    EXPECT_EQ(field.offset, end);
    end = static_cast<uint16_t>(field.offset + field.size);
    if (field.kind == FieldKind::kText || field.kind == FieldKind::kReserved) {
      std::copy_n(&record[field.offset], field.size, &out[field.offset]);
      continue;
    }
    uint64_t number = 0;
    for (uint16_t i = field.size; i-- > 0;) number = number << 8 | record[field.offset + i];
    for (uint16_t i = 0; i < field.size; ++i) out[field.offset + i] = static_cast<uint8_t>(number >> (8 * i));
  }
  std::copy(record.begin() + end, record.end(), out.begin() + end);  // the send time
  return out;
}

TEST(DbnTest, SizesAreTheSpecifications) {
  const std::map<uint8_t, std::array<uint32_t, 3>> sizes = {
      {0x00, {48, 48, 48}},    {0x01, {80, 80, 80}},    {0x0A, {368, 368, 368}}, {0x11, {56, 56, 56}},   {0x12, {40, 40, 40}},
      {0x13, {360, 400, 520}}, {0x14, {112, 112, 112}}, {0x15, {80, 320, 320}},  {0x16, {80, 176, 176}}, {0x17, {80, 320, 320}},
      {0x18, {64, 64, 80}},    {0x20, {56, 56, 56}},    {0xA0, {56, 56, 56}},    {0xB1, {80, 80, 80}},   {0xC0, {80, 80, 80}},
      {0xC2, {80, 80, 80}},    {0xC4, {80, 80, 80}}};
  for (const auto& [rtype, by_version] : sizes) {
    for (uint8_t version = 1; version <= 3; ++version) EXPECT_EQ(DbnRecordBytes(rtype, version), by_version[version - 1]) << int{rtype};
  }
  EXPECT_EQ(DbnRecordBytes(0x55, 3), 0u);
}

TEST(DbnTest, EveryTypeDecodesWholeAndNotCut) {
  std::mt19937_64 random(8);
  for (const uint8_t rtype : kTypes) {
    for (uint8_t version = 1; version <= 3; ++version) {
      for (const bool ts_out : {false, true}) {
        const DbnFormat format{version, ts_out};
        const Bytes record = RandomRecord(rtype, format, &random);
        Keep keep;
        ASSERT_EQ(DecodeDbn(record.data(), static_cast<uint32_t>(record.size()), format, keep), DecodeStatus::kOk) << int{rtype};
        ASSERT_EQ(keep.calls, 1);
        for (uint32_t size = 0; size < record.size(); ++size) {
          Bytes cut(record.begin(), record.begin() + size);
          ASSERT_EQ(DecodeDbn(cut.data(), size, format, keep), DecodeStatus::kBadLength);
          if (size < kDbnHeaderBytes || size % 4 != 0) continue;
          cut[0] = static_cast<uint8_t>(size / 4);  // a length that fits the bytes and not the type
          ASSERT_EQ(DecodeDbn(cut.data(), size, format, keep), DecodeStatus::kBadLength);
        }
        ASSERT_EQ(keep.calls, 1);
        ASSERT_EQ(Reencode(record, DbnLayoutOf(rtype, version)), record);
      }
    }
  }
}

TEST(DbnTest, AnyByteMayHaveAnyValue) {
  std::mt19937_64 random(9);
  for (const uint8_t rtype : kTypes) {
    for (uint8_t version = 1; version <= 3; ++version) {
      const DbnFormat format{version, version == 2};
      Bytes record = RandomRecord(rtype, format, &random);
      const Bytes whole = record;
      for (size_t at = 0; at < record.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
          record[at] = static_cast<uint8_t>(byte);
          Keep keep;
          const DecodeStatus status = DecodeDbn(record.data(), static_cast<uint32_t>(record.size()), format, keep);
          ASSERT_EQ(keep.calls, status == DecodeStatus::kOk ? 1 : 0);
        }
        record[at] = whole[at];
      }
    }
  }
}

TEST(DbnTest, FieldsOfAnOrderAndUndefinedValues) {
  using namespace dbn_layout;
  Bytes record(56);
  record[0] = 14;
  record[1] = 0xA0;
  DbnPut<kDbnMbo, "publisher_id">(record.data(), 1);
  DbnPut<kDbnMbo, "instrument_id">(record.data(), 5482);
  DbnPut<kDbnMbo, "ts_event">(record.data(), 1'609'160'400'000'429'831);
  DbnPut<kDbnMbo, "order_id">(record.data(), 647'784'973'705);
  DbnPut<kDbnMbo, "price">(record.data(), 3'722'750'000'000);
  DbnPut<kDbnMbo, "size">(record.data(), 1);
  DbnPut<kDbnMbo, "flags">(record.data(), kDbnLast);
  DbnPut<kDbnMbo, "action">(record.data(), 'C');
  DbnPut<kDbnMbo, "side">(record.data(), 'A');
  DbnPut<kDbnMbo, "ts_recv">(record.data(), kDbnNoTime);
  DbnPut<kDbnMbo, "ts_in_delta">(record.data(), static_cast<uint64_t>(-22'993));
  DbnPut<kDbnMbo, "sequence">(record.data(), 1'170'352);
  Keep keep;
  ASSERT_EQ(DecodeDbn(record.data(), 56, {1, false}, keep), DecodeStatus::kOk);
  const DbnOrder& order = keep.orders.at(0);
  EXPECT_EQ(order.header.instrument_id, 5482u);
  EXPECT_EQ(order.header.publisher_id, 1u);
  EXPECT_EQ(order.header.ts_recv_ns, order.header.ts_event_ns);  // it has no receive time of its own
  EXPECT_EQ(order.order_id, 647'784'973'705u);
  EXPECT_EQ(order.price_nanos, 3'722'750'000'000);
  EXPECT_EQ(order.action, 'C');
  EXPECT_EQ(order.side, 'A');
  EXPECT_EQ(order.ts_in_delta_ns, -22'993);
  EXPECT_EQ(order.sequence, 1'170'352u);
  DbnPut<kDbnMbo, "price">(record.data(), static_cast<uint64_t>(kDbnNoPrice));
  ASSERT_EQ(DecodeDbn(record.data(), 56, {1, false}, keep), DecodeStatus::kOk);
  EXPECT_EQ(keep.orders.at(1).price_nanos, kNoPrice);
}

// A stream with one mapping of one interval, and `records` behind it.
Bytes Stream(uint8_t version, uint16_t schema, const Bytes& records) {
  const uint32_t symbol_bytes = version == 1 ? 22 : 71;
  test::ByteWriter body(false);
  Bytes fixed(100);
  std::copy_n("GLBX.MDP3", 9, fixed.begin());
  StoreLe<uint16_t>(&fixed[16], schema);
  if (version != 1) StoreLe<uint16_t>(&fixed[45], static_cast<uint16_t>(symbol_bytes));
  Bytes symbol(symbol_bytes), id(symbol_bytes);
  std::copy_n("ESH1", 4, symbol.begin());
  std::copy_n("5482", 4, id.begin());
  body.Raw(fixed).U32(0).U32(1).Raw(symbol).U32(0).U32(0).U32(1).Raw(symbol).U32(1).U32(20201228).U32(20201229).Raw(id);
  while (version == 3 && body.bytes.size() % 8 != 0) body.Raw({0});
  test::ByteWriter out(false);
  out.Raw({'D', 'B', 'N', version}).U32(static_cast<uint32_t>(body.bytes.size())).Raw(body.bytes).Raw(records);
  return out.bytes;
}

TEST(DbnMetadataTest, MappingsOfEveryVersion) {
  for (uint8_t version = 1; version <= 3; ++version) {
    const Bytes stream = Stream(version, 0, {});
    DbnMetadata metadata;
    ASSERT_EQ(ParseDbnMetadata(stream.data(), stream.size(), &metadata), nullptr);
    EXPECT_EQ(metadata.version, version);
    EXPECT_EQ(metadata.dataset, "GLBX.MDP3");
    EXPECT_EQ(metadata.symbol_count, 1u);
    int mappings = 0;
    metadata.ForEachMapping([&](const DbnMapping& mapping) {
      ++mappings;
      EXPECT_EQ(mapping.symbol, "ESH1");
      EXPECT_EQ(mapping.interval_symbol, "5482");
      EXPECT_EQ(mapping.start_date, 20201228u);
    });
    EXPECT_EQ(mappings, 1);
  }
}

TEST(DbnMetadataTest, ListsThatLieAreRefused) {
  std::mt19937_64 random(10);
  for (uint8_t version = 1; version <= 3; ++version) {
    const Bytes whole = Stream(version, 0, {});
    for (size_t size = 0; size < whole.size(); ++size) {
      const Bytes cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
      DbnMetadata metadata;
      ASSERT_NE(ParseDbnMetadata(cut.data(), cut.size(), &metadata), nullptr);
    }
    for (int round = 0; round < 20'000; ++round) {
      Bytes bytes = whole;
      for (int i = 0; i < 3; ++i) bytes[8 + random() % (bytes.size() - 8)] = static_cast<uint8_t>(random());
      DbnMetadata metadata;
      if (ParseDbnMetadata(bytes.data(), bytes.size(), &metadata) != nullptr) continue;
      size_t text = 0;
      metadata.ForEachMapping([&](const DbnMapping& mapping) { text += mapping.symbol.size() + mapping.interval_symbol.size(); });
      ASSERT_LE(text, bytes.size());
    }
  }
}

struct ReadResult {
  uint64_t records = 0;
  std::optional<Damage> damage;
};

ReadResult ReadAll(const std::string& path) {
  ReadResult out;
  std::string error;
  const auto reader = CaptureReader::Open(path, &error);
  EXPECT_NE(reader, nullptr) << error;
  if (reader == nullptr) return out;
  EXPECT_EQ(reader->format(), CaptureFormat::kDbn);
  std::array<PacketView, 32> packets;
  while (const uint32_t count = reader->ReadBurst(packets.data(), 32)) out.records += count;
  out.damage = reader->damage();
  return out;
}

Bytes TwoRecords() {
  Bytes record(56);
  record[0] = 14;
  record[1] = 0xA0;
  Bytes out = record;
  out.insert(out.end(), record.begin(), record.end());
  return out;
}

std::string Write(const Bytes& bytes, const std::string& name) {
  const std::string path = testing::TempDir() + "tickgraph_" + std::to_string(getpid()) + "_" + name;
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return path;
}

TEST(DbnReaderTest, EveryCutIsNamedByItsRecord) {
  const Bytes head = Stream(3, 0, {}), whole = Stream(3, 0, TwoRecords());
  for (size_t size = 4; size <= whole.size(); ++size) {
    const std::string path = Write(Bytes(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size)), "cut.dbn");
    const ReadResult result = ReadAll(path);
    std::filesystem::remove(path);
    const uint64_t records = size < head.size() ? 0 : (size - head.size()) / 56;
    EXPECT_EQ(result.records, records);
    const bool at_boundary = size >= head.size() && (size - head.size()) % 56 == 0;
    ASSERT_EQ(result.damage.has_value(), !at_boundary) << size;
    if (at_boundary) continue;
    EXPECT_TRUE(result.damage->truncated);
    EXPECT_EQ(result.damage->offset, size < head.size() ? 0 : head.size() + records * 56);
  }
}

TEST(DbnReaderTest, ImpossibleLengthsEndTheReading) {
  const Bytes head = Stream(2, 0, {});
  Bytes bytes = Stream(2, 0, TwoRecords());
  bytes[head.size() + 56] = 0;
  std::string path = Write(bytes, "zero.dbn");
  ReadResult result = ReadAll(path);
  EXPECT_EQ(result.records, 1u);
  ASSERT_TRUE(result.damage.has_value());
  EXPECT_EQ(result.damage->offset, head.size() + 56);
  EXPECT_FALSE(result.damage->truncated);
  bytes[head.size() + 56] = 255;
  Write(bytes, "zero.dbn");
  result = ReadAll(path);
  EXPECT_EQ(result.records, 1u);
  EXPECT_EQ(result.damage->offset, head.size() + 56);
  bytes = Stream(2, 0, {});
  StoreLe<uint32_t>(&bytes[4], 0xFFFFFFFF);
  Write(bytes, "zero.dbn");
  EXPECT_TRUE(ReadAll(path).damage->truncated);
  StoreLe<uint32_t>(&bytes[4], 99);
  Write(bytes, "zero.dbn");
  EXPECT_EQ(ReadAll(path).damage->offset, 4u);
  std::filesystem::remove(path);
}

// Every file of the folder: each record decodes, comes back byte for byte, and is of the schema that the file's name says.
TEST(RealDbnTest, EveryFileDecodesAndComesBack) {
  TICKGRAPH_DATA_OR_SKIP(first, "dbn/test_data.mbo.v3.dbn");
  std::map<std::string, uint64_t> by_schema;
  uint64_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(first).parent_path())) {
    std::string error;
    const auto reader = CaptureReader::Open(entry.path().string(), &error);
    ASSERT_NE(reader, nullptr) << error;
    ++files;
    const DbnMetadata& metadata = reader->dbn_metadata();
    std::array<PacketView, 32> packets;
    while (const uint32_t count = reader->ReadBurst(packets.data(), 32)) {
      for (uint32_t i = 0; i < count; ++i) {
        const Bytes record(packets[i].data, packets[i].data + packets[i].size);
        Keep keep;
        ASSERT_EQ(DecodeDbn(record.data(), packets[i].size, {metadata.version, metadata.ts_out}, keep), DecodeStatus::kOk) << entry.path();
        ASSERT_EQ(Reencode(record, DbnLayoutOf(record[1], metadata.version)), record) << entry.path();
        const std::string schema(DbnRecordSchema(record[1], metadata.schema));
        ASSERT_EQ(schema, DbnSchemaName(metadata.schema)) << entry.path();
        EXPECT_NE(entry.path().filename().string().find(schema), std::string::npos) << entry.path();
        ++by_schema[schema];
        if (!keep.symbols.empty()) {
          EXPECT_FALSE(keep.symbols[0].empty());
        }
        if (!keep.quotes.empty()) {
          EXPECT_LT(keep.quotes[0].price_nanos, 100'000 * kNanosPerUnit);
        }
      }
    }
    EXPECT_FALSE(reader->damage().has_value()) << entry.path() << reader->DamageText();
  }
  EXPECT_GT(files, 60u);
  EXPECT_EQ(by_schema.size(), 16u);  // ohlcv-eod, cbbo-1m and tcbbo have no file, and the files of ohlcv-1d no record
  EXPECT_EQ(by_schema["mbo"], 13'796u + 10u);
}

}  // namespace
}  // namespace tickgraph
