// The tape: order and content across the wrap, detection of lost records, a reader beside a writer, tapes left by the dead.
#include "hot/tape.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <thread>
#include <vector>

namespace tickgraph {
namespace {

std::string UniqueName(const char* what) { return std::string("test-") + what + "-" + std::to_string(getpid()); }

std::unique_ptr<TapeWriter> MakeTape(const std::string& name, uint64_t capacity) {
  std::string error;
  auto tape = TapeWriter::Create({name, capacity, 1024}, &error);
  EXPECT_NE(tape, nullptr) << error;
  return tape;
}

// Every word of the payload follows from the sequence, so a torn record shows.
void Put(TapeWriter& tape) {
  TapeRecord& record = tape.Next();
  record.table = TapeTable::kEvents;
  for (size_t i = 0; i < 12; ++i) record.words[i] = record.sequence * 12 + i;
}
bool IsWhole(const TapeRecord& record) {
  for (size_t i = 0; i < 12; ++i) {
    if (record.words[i] != record.sequence * 12 + i) return false;
  }
  return true;
}

TEST(TapeTest, GivesRecordsInOrderAcrossTheWrap) {
  const auto writer = MakeTape(UniqueName("wrap"), 64);
  std::string error;
  const auto reader = TapeReader::Open(writer->name(), TapeReader::Mode::kArchive, 1, &error);
  ASSERT_NE(reader, nullptr) << error;
  std::vector<TapeRecord> out(64);
  TapeGap gap;
  uint64_t next = 1;
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 37; ++i) Put(*writer);
    EXPECT_EQ(reader->Read(out, &gap), 0u) << "a record was seen before it was published";
    writer->Publish();
    ASSERT_EQ(reader->Read(out, &gap), 37u);
    for (int i = 0; i < 37; ++i, ++next) {
      ASSERT_EQ(out[i].sequence, next);
      ASSERT_TRUE(IsWhole(out[i]));
    }
  }
  EXPECT_FALSE(reader->closed());
  writer->Close();
  EXPECT_TRUE(reader->closed());
  EXPECT_TRUE(reader->writer_alive());
}

TEST(TapeTest, NextGivesACleanRecordAfterTheWrap) {
  const auto writer = MakeTape(UniqueName("clean"), 64);
  for (int i = 0; i < 64; ++i) Put(*writer);
  const TapeRecord& record = writer->Next();
  EXPECT_EQ(record.sequence, 65u);
  EXPECT_EQ(record.instrument, kNoInstrument);
  EXPECT_EQ(record.venue, kNoVenue);
  for (const uint64_t word : record.words) EXPECT_EQ(word, 0u);
}

TEST(TapeTest, TellsALappedReaderWhatItLost) {
  const auto writer = MakeTape(UniqueName("lap"), 64);
  std::string error;
  const auto reader = TapeReader::Open(writer->name(), TapeReader::Mode::kArchive, 1, &error);
  for (int i = 0; i < 200; ++i) Put(*writer);
  writer->Publish();
  std::vector<TapeRecord> out(64);
  TapeGap gap;
  ASSERT_EQ(reader->Read(out, &gap), 0u);
  EXPECT_EQ(gap.first, 1u);
  EXPECT_GE(gap.last, 200u - 64);
  EXPECT_LT(gap.last, 200u);
  const size_t count = reader->Read(out, &gap);
  EXPECT_EQ(gap.first, 0u);
  EXPECT_EQ(out[0].sequence, 200u - count + 1);
  EXPECT_EQ(out[count - 1].sequence, 200u);
}

// Records that the writer has begun but not published lie in slots of the oldest ones.
TEST(TapeTest, NeverGivesARecordThatIsBeingOverwritten) {
  const auto writer = MakeTape(UniqueName("torn"), 64);
  std::string error;
  const auto reader = TapeReader::Open(writer->name(), TapeReader::Mode::kArchive, 1, &error);
  for (int i = 0; i < 64; ++i) Put(*writer);
  writer->Publish();
  for (int i = 0; i < 3; ++i) Put(*writer);
  std::vector<TapeRecord> out(64);
  TapeGap gap;
  EXPECT_EQ(reader->Read(out, &gap), 0u);
  EXPECT_EQ(gap.first, 1u);
  EXPECT_GE(gap.last, 3u);
}

TEST(TapeTest, NamesVenuesAndInstruments) {
  const auto writer = MakeTape(UniqueName("names"), 64);
  std::string error;
  const auto reader = TapeReader::Open(writer->name(), TapeReader::Mode::kLook, 1, &error);
  EXPECT_EQ(reader->venue(2), nullptr);
  EXPECT_EQ(reader->instrument(0), nullptr);
  writer->SetVenue(2, VenueName::From("NASDAQ"), 20260302, FeedProtocol::kItch);
  Instrument option;
  option.symbol = Symbol::From("AAPL");
  option.name = InstrumentName::From("a name of more than eight letters");
  option.kind = InstrumentKind::kOption;
  option.right = OptionRight::kPut;
  option.expiration = 20260320;
  option.strike_nanos = 150 * kNanosPerUnit;
  writer->SetInstrument(0, option, InstrumentName::From("AAPLX"));
  ASSERT_NE(reader->venue(2), nullptr);
  EXPECT_EQ(reader->venue(2)->name.view(), "NASDAQ");
  EXPECT_EQ(reader->venue(2)->date, 20260302u);
  EXPECT_EQ(reader->venue(2)->protocol, FeedProtocol::kItch);
  ASSERT_NE(reader->instrument(0), nullptr);
  EXPECT_EQ(reader->instrument(0)->product.view(), "AAPLX");
  EXPECT_EQ(reader->instrument(0)->symbol.view(), "a name of more than eight letter");  // 32 of them
  EXPECT_EQ(reader->instrument(0)->strike_nanos, 150 * kNanosPerUnit);
  writer->SetInstrument(5000, option, InstrumentName::From("X"));  // past max_instruments
  EXPECT_EQ(reader->instrument(5000), nullptr);
}

TEST(TapeTest, OneArchiverAtATime) {
  const auto writer = MakeTape(UniqueName("lock"), 64);
  std::string error;
  auto first = TapeReader::Open(writer->name(), TapeReader::Mode::kArchive, 1, &error);
  EXPECT_EQ(TapeReader::Open(writer->name(), TapeReader::Mode::kArchive, 1, &error), nullptr);
  EXPECT_NE(error.find("archiver already"), std::string::npos) << error;
  first.reset();
  EXPECT_NE(TapeReader::Open(writer->name(), TapeReader::Mode::kArchive, 1, &error), nullptr);
}

TEST(TapeTest, RefusesBadNamesSizesAndATapeInUse) {
  std::string error;
  EXPECT_EQ(TapeWriter::Create({"../x", 64, 16}, &error), nullptr);
  EXPECT_EQ(TapeWriter::Create({UniqueName("size"), 100, 16}, &error), nullptr);
  const auto writer = MakeTape(UniqueName("used"), 64);
  EXPECT_EQ(TapeWriter::Create({writer->name(), 64, 16}, &error), nullptr);
  EXPECT_NE(error.find("in use"), std::string::npos) << error;
}

TEST(TapeTest, RemovesTheTapeOfADeadWriter) {
  const std::string name = UniqueName("dead");
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    std::string error;
    const auto tape = TapeWriter::Create({name, 64, 16}, &error);
    const char byte = tape != nullptr ? 1 : 0;
    (void)!write(ready[1], &byte, 1);
    pause();
    _exit(0);
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  ASSERT_EQ(byte, 1);
  close(ready[0]);
  close(ready[1]);
  const auto removed = [&] {
    const auto names = RemoveDeadTapes();
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  EXPECT_FALSE(removed()) << "its writer lives";
  std::string error;
  auto archiver = TapeReader::Open(name, TapeReader::Mode::kArchive, 1, &error);
  ASSERT_NE(archiver, nullptr) << error;
  EXPECT_TRUE(archiver->writer_alive());
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_FALSE(archiver->writer_alive());
  EXPECT_FALSE(removed()) << "its archiver is attached";
  archiver.reset();
  EXPECT_TRUE(removed());
  EXPECT_FALSE(std::filesystem::exists(TapePath(name)));
}

TEST(TapeTest, ReaderBesideAWriter_stress) {
  constexpr uint64_t kRecords = 2'000'000;
  const auto writer = MakeTape(UniqueName("stress"), 1024);
  std::string error;
  const auto reader = TapeReader::Open(writer->name(), TapeReader::Mode::kArchive, 1, &error);
  std::thread writing([&] {
    for (uint64_t i = 0; i < kRecords; ++i) {
      Put(*writer);
      if (i % 7 == 6) writer->Publish();
      if (i % 512 == 511) std::this_thread::yield();
    }
    writer->Close();
  });
  std::vector<TapeRecord> out(256);
  TapeGap gap;
  uint64_t next = 1, read = 0, lost = 0;
  bool good = true;
  for (;;) {
    const bool closed = reader->closed();
    const size_t count = reader->Read(out, &gap);
    for (size_t i = 0; i < count; ++i, ++next) good = good && out[i].sequence == next && IsWhole(out[i]);
    read += count;
    if (gap.first != 0) {
      good = good && gap.first == next && gap.last >= gap.first;
      lost += gap.last - gap.first + 1;
      next = gap.last + 1;
    }
    if (count == 0 && gap.first == 0 && closed) break;
  }
  writing.join();
  EXPECT_TRUE(good);
  EXPECT_EQ(read + lost, kRecords);
  EXPECT_GT(read, 0u);
}

}  // namespace
}  // namespace tickgraph
