// Archives from end to end: a tape in, Parquet read back; killed, stopped, damaged, out of space, too many products.
#include <arrow/api.h>
#include <arrow/io/api.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "cold/archive_names.h"
#include "cold/archiver.h"
#include "cold/manifest.h"
#include "cold/verify.h"
#include "hot/tape.h"
#include "tools/archive_folder.h"

namespace tickgraph {
namespace {

namespace fs = std::filesystem;

class ArchiveTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / ("tickgraph-archive-test-" + std::to_string(getpid()));
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  void TearDown() override { fs::remove_all(root_); }

  std::unique_ptr<TapeWriter> MakeTape(uint64_t capacity = 1 << 16) {
    std::string error;
    auto tape = TapeWriter::Create({"test-archive-" + std::to_string(getpid()), capacity, 4096}, &error);
    EXPECT_NE(tape, nullptr) << error;
    return tape;
  }
  ArchiveOptions Options(const std::string& tape, const std::string& folder) {
    ArchiveOptions options;
    options.tape = tape;
    options.folder = (root_ / folder).string();
    return options;
  }

  fs::path root_;
};

void Name(TapeWriter& tape, uint32_t instruments) {
  tape.SetVenue(0, VenueName::From("VENUE-A"), 20260302, FeedProtocol::kItch);
  tape.SetVenue(1, VenueName::From("OPRA"), 20260303, FeedProtocol::kOpra);
  for (uint32_t i = 0; i < instruments; ++i) {
    Instrument x;
    x.symbol = Symbol::From("S" + std::to_string(i));
    x.venue = i % 2;
    if (i % 2 == 1) {
      x.kind = InstrumentKind::kOption;
      x.right = OptionRight::kPut;
      x.expiration = 20260320;
      x.strike_nanos = 150'500'000'000;
    }
    x.name = InstrumentName::From(x.symbol.view());
    tape.SetInstrument(i, x, x.name);
  }
}

void PutRows(TapeWriter& tape, uint64_t count, uint32_t instruments) {
  for (uint64_t i = 0; i < count; ++i) {
    TapeRecord& r = tape.Next();
    const uint64_t s = r.sequence;
    r.ts_recv_ns = 1'772'000'000'000'000'000 + s * 1000;
    r.ts_event_ns = r.ts_recv_ns - 17;
    r.instrument = s % 13 == 0 ? kNoInstrument : static_cast<uint32_t>(s * 7 % instruments);
    r.venue = r.instrument == kNoInstrument ? 0 : r.instrument % 2;
    r.table = s % 10 < 8 ? TapeTable::kEvents : static_cast<TapeTable>(1 + s / 10 % 6);
    if (r.table == TapeTable::kEvents) {
      r.type = "ADUEX"[s % 5];
      r.event.feed_sequence = s;
      r.event.order_ref = s * 3;
      r.event.price_nanos = s % 5 == 1 ? kNoPrice : static_cast<int64_t>(s) * 100'000 - 50'000'000;
      r.event.price_2_nanos = r.event.price_3_nanos = kNoPrice;
      r.event.quantity = static_cast<int64_t>(s % 900);
      r.event.side = "BS"[s % 2];
      r.event.detail[0] = 'Y';
    } else if (r.table == TapeTable::kSignals) {
      r.signal.leg_count = 2;
      r.signal.leg_sides = 2;
      r.signal.leg_instrument[1] = 1;
      r.signal.edge_nanos = -1;
    } else {
      r.words[0] = s;  // whatever it is: an own number in each row
    }
    if (i % 100 == 99) tape.Publish();
  }
  tape.Publish();
}

// sequence -> the row as text, with the folder that it stands in; fails on a sequence that comes twice.
using Rows = std::map<int64_t, std::string>;
Rows ReadBack(const fs::path& folder) {
  Rows rows;
  ForEachTableFile(folder, [&](const fs::path& path) {
    auto reader = parquet::arrow::OpenFile(*arrow::io::ReadableFile::Open(path.string()), arrow::default_memory_pool());
    const auto table = (*(*reader)->ReadTable())->CombineChunks();
    ASSERT_TRUE(table.ok()) << path;
    const std::string place = fs::relative(path.parent_path(), folder).string();
    for (int64_t i = 0; i < (*table)->num_rows(); ++i) {
      std::string row = place;
      for (const auto& column : (*table)->columns()) row += "|" + (*column->chunk(0)->GetScalar(i))->ToString();
      const auto sequence = std::static_pointer_cast<arrow::Int64Array>((*table)->column(0)->chunk(0))->Value(i);
      EXPECT_TRUE(rows.emplace(sequence, row).second) << "record " << sequence << " is there twice";
    }
  });
  return rows;
}

std::string FirstProblem(const fs::path& folder) {
  const auto report = VerifyArchive(folder.string());
  if (!report.ok()) return std::string(report.status().message());
  return report->problems.empty() ? "" : report->problems.front();
}

TEST_F(ArchiveTest, HoldsEveryRecordAsARow) {
  const auto tape = MakeTape();
  Name(*tape, 6);
  PutRows(*tape, 40'000, 6);
  tape->Close();
  const auto done = RunArchive(Options(tape->name(), "a"));
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->end, ArchiveEnd::kClosed);
  EXPECT_EQ(done->archived_records, 40'000u);
  EXPECT_EQ(done->gapped_records, 0u);
  EXPECT_EQ(tape->archived(), 40'000u);
  const Rows rows = ReadBack(root_ / "a");
  ASSERT_EQ(rows.size(), 40'000u);
  // Sequence 10005: 10005 * 7 mod 6 = 3, an option; no multiple of 13; 10005 mod 5 = 0 -> A; price 10005 * 1e5 - 5e7 nanos.
  EXPECT_EQ(rows.at(10005),
            "events/date=2026-03-03/product=S3|10005|2026-02-25 06:13:20.010005000Z|2026-02-25 "
            "06:13:20.010004983Z|OPRA|S3|2026-03-20|put|150.500000000|A|10005|A|"
            "sell|30015|null|0.950500000|105|null|0|null|Y|live|no|0");
  EXPECT_EQ(rows.at(13 * 7).rfind("events/date=2026-03-02/product=__HIVE_DEFAULT_PARTITION__|91|", 0), 0u) << rows.at(91);
  EXPECT_EQ(FirstProblem(root_ / "a"), "");
}

TEST_F(ArchiveTest, NamesEveryKindOfSignalAndItsLegs) {
  const auto tape = MakeTape();
  Name(*tape, 6);
  constexpr int kUnknownKind = kAllSignalKinds;
  for (int kind = 0; kind <= kUnknownKind; ++kind) {
    TapeRecord& r = tape->Next();
    r.ts_recv_ns = r.ts_event_ns = 1'772'000'000'000'000'000;
    r.instrument = 1;
    r.venue = 1;
    r.table = TapeTable::kSignals;
    r.signal.kind = static_cast<uint8_t>(kind);
    r.signal.leg_count = 3;
    r.signal.leg_sides = 2;
    for (uint8_t leg = 0; leg < 3; ++leg) {
      r.signal.leg_instrument[leg] = 2 * leg + 1;
      r.signal.leg_price_nanos[leg] = (1 + leg) * kNanosPerUnit;
      r.signal.leg_ratio[leg] = static_cast<uint8_t>(1 + leg);
    }
  }
  tape->Publish();
  tape->Close();
  ASSERT_TRUE(RunArchive(Options(tape->name(), "kinds")).ok());
  const Rows rows = ReadBack(root_ / "kinds");
  const char* const names[] = {"cross_venue", "conversion", "reversal", "box", "vertical", "butterfly", "calendar", "null"};
  for (int kind = 0; kind <= kUnknownKind; ++kind) {
    const std::string& row = rows.at(kind + 1);
    EXPECT_NE(row.find("|" + std::string(names[kind]) + "|"), std::string::npos) << row;
    EXPECT_NE(row.find("|buy|1.000000000|1|"), std::string::npos) << row;
    EXPECT_NE(row.find("|sell|2.000000000|2|"), std::string::npos) << row;
    EXPECT_NE(row.find("|buy|3.000000000|3|"), std::string::npos) << row;
  }
}

TEST_F(ArchiveTest, SurvivesBeingKilledAtAnyPoint) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer does not follow threads that start after a fork";
#endif
  const auto tape = MakeTape();
  Name(*tape, 20);
  PutRows(*tape, 60'000, 20);
  tape->Close();
  auto calm = Options(tape->name(), "calm");
  calm.max_segment_records = 4096;
  const auto started = std::chrono::steady_clock::now();
  ASSERT_TRUE(RunArchive(calm).ok());
  const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - started).count();
  auto hurt = Options(tape->name(), "hurt");
  hurt.max_segment_records = 4096;
  std::mt19937_64 random(7);
  int killed = 0;
  for (int i = 0; i < 15; ++i) {
    const pid_t child = fork();
    if (child == 0) _exit(RunArchive(hurt).ok() ? 0 : 1);
    usleep(static_cast<useconds_t>(random() % (static_cast<uint64_t>(whole) / 3 + 1)));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    killed += WIFSIGNALED(status);
    EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
  }
  EXPECT_GT(killed, 0);
  const auto done = RunArchive(hurt);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->archived_records, 60'000u);
  EXPECT_EQ(FirstProblem(root_ / "hurt"), "");
  EXPECT_EQ(ReadBack(root_ / "hurt"), ReadBack(root_ / "calm"));
}

TEST_F(ArchiveTest, PartitionsByDateAloneWhenProductsAreMany) {
  const auto tape = MakeTape();
  Name(*tape, 701);
  PutRows(*tape, 3000, 3);    // a first segment with three products, to be rewritten
  PutRows(*tape, 5000, 701);  // a prime: every one of them comes up
  tape->Close();
  auto options = Options(tape->name(), "many");
  options.max_segment_records = 2048;
  const auto done = RunArchive(options);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(FirstProblem(root_ / "many"), "");
  const Rows rows = ReadBack(root_ / "many");
  EXPECT_EQ(rows.size(), 8000u);
  size_t by_product = 0;
  ForEachTableFile(root_ / "many", [&](const fs::path& path) {
    const std::string relative = fs::relative(path, root_ / "many").string();
    if (relative.rfind("events/", 0) != 0) return;
    if (relative.find("product=") != std::string::npos) {
      ++by_product;
      return;
    }
    auto reader = parquet::arrow::OpenFile(*arrow::io::ReadableFile::Open(path.string()), arrow::default_memory_pool());
    const auto table = *(*(*reader)->ReadTable())->CombineChunks();
    const auto products = std::static_pointer_cast<arrow::StringArray>(table->GetColumnByName("product")->chunk(0));
    const auto sequences = std::static_pointer_cast<arrow::Int64Array>(table->GetColumnByName("sequence")->chunk(0));
    for (int64_t i = 1; i < table->num_rows(); ++i) {
      const auto before = std::make_pair(products->GetString(i - 1), sequences->Value(i - 1));
      ASSERT_LT(before, std::make_pair(products->GetString(i), sequences->Value(i))) << relative << " row " << i;
    }
  });
  EXPECT_EQ(by_product, 0u);
}

TEST_F(ArchiveTest, VerifyFindsEveryKindOfDamage) {
  const auto tape = MakeTape();
  Name(*tape, 3);
  PutRows(*tape, 3000, 3);
  tape->Close();
  auto options = Options(tape->name(), "v");
  options.max_segment_records = 1024;
  ASSERT_TRUE(RunArchive(options).ok());
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(root_ / "v")) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  ASSERT_GT(files.size(), 20u);
  std::mt19937_64 random(3);
  for (const fs::path& file : files) {
    const std::string good = *ReadWholeFile(file.string());
    std::string bad = good;
    bad[random() % bad.size()] ^= 0x10;
    ASSERT_TRUE(WriteWholeFile(file.string(), bad, false).ok());
    EXPECT_NE(FirstProblem(root_ / "v").find(file.filename().string()), std::string::npos) << file;
    fs::remove(file);
    EXPECT_NE(FirstProblem(root_ / "v"), "") << file << " was removed";
    ASSERT_TRUE(WriteWholeFile(file.string(), good, false).ok());
    ASSERT_EQ(FirstProblem(root_ / "v"), "");
  }
  const fs::path foreign = files.front().parent_path() / "mine.parquet";
  std::ofstream(foreign) << "x";
  EXPECT_NE(FirstProblem(root_ / "v").find("mine.parquet"), std::string::npos);
  EXPECT_FALSE(VerifyArchive(root_.string()).ok());
}

TEST_F(ArchiveTest, ALappedReaderLeavesGapRows) {
  const auto tape = MakeTape(4096);
  Name(*tape, 3);
  PutRows(*tape, 10'000, 3);
  tape->Close();
  const auto done = RunArchive(Options(tape->name(), "gap"));
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_GT(done->gapped_records, 10'000u - 4096 - 1);
  EXPECT_EQ(done->tape_records, 10'000u);
  const Rows rows = ReadBack(root_ / "gap");
  uint64_t gaps = 0;
  for (const auto& [sequence, row] : rows) gaps += row.rfind("gaps/", 0) == 0 && row.find("|tape|") != std::string::npos;
  EXPECT_GT(gaps, 0u);
  EXPECT_EQ(done->archived_records, rows.size());
  EXPECT_EQ(rows.size() - gaps + done->gapped_records, 10'000u);
  EXPECT_EQ(FirstProblem(root_ / "gap"), "");
}

TEST_F(ArchiveTest, AStoppedArchiverGoesOnLater) {
  const auto tape = MakeTape();
  Name(*tape, 3);
  PutRows(*tape, 5'000, 3);
  auto options = Options(tape->name(), "stop");
  options.max_segment_records = 2048;
  std::atomic<bool> stop{true};
  options.stop = &stop;
  const auto first = RunArchive(options);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->end, ArchiveEnd::kStopped);
  EXPECT_EQ(first->archived_records, 5'000u);
  EXPECT_EQ(FirstProblem(root_ / "stop"), "");
  PutRows(*tape, 5'000, 3);
  tape->Close();
  const auto second = RunArchive(options);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->end, ArchiveEnd::kClosed);
  EXPECT_EQ(ReadBack(root_ / "stop").size(), 10'000u);
  EXPECT_EQ(FirstProblem(root_ / "stop"), "");
}

TEST_F(ArchiveTest, ADeadWritersTapeIsArchivedToTheEnd) {
  const std::string name = "test-archive-dead-" + std::to_string(getpid());
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    std::string error;
    const auto tape = TapeWriter::Create({name, 1 << 14, 64}, &error);
    Name(*tape, 3);
    PutRows(*tape, 3'333, 3);
    (void)!write(ready[1], "x", 1);
    pause();
    _exit(0);
  }
  char byte;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  std::thread killer([&] {
    usleep(100'000);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  });
  const auto done = RunArchive(Options(name, "dead"));
  killer.join();
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->end, ArchiveEnd::kWriterDied);
  EXPECT_EQ(done->archived_records, 3'333u);
  EXPECT_EQ(FirstProblem(root_ / "dead"), "");
  RemoveDeadTapes();
  EXPECT_FALSE(fs::exists(TapePath(name)));
}

TEST_F(ArchiveTest, AFullDiskLosesNothingThatWasCommitted) {
  const fs::path disk = root_ / "disk";
  fs::create_directories(disk);
  if (geteuid() != 0 || mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=512k") != 0)
    GTEST_SKIP() << "needs root, to mount a small file system";
  const auto tape = MakeTape();
  Name(*tape, 3);
  PutRows(*tape, 50'000, 3);
  tape->Close();
  auto options = Options(tape->name(), "disk/a");
  options.max_segment_records = 4096;
  const auto full = RunArchive(options);
  EXPECT_FALSE(full.ok());
  EXPECT_NE(std::string(full.status().message()).find((disk / "a").string()), std::string::npos) << full.status();
  const size_t kept = ReadBack(disk / "a").size();
  EXPECT_GT(kept, 0u);
  EXPECT_EQ(kept % 4096, 0u);
  EXPECT_EQ(tape->archived(), kept);
  EXPECT_EQ(mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT, "size=64m"), 0);
  const auto done = RunArchive(options);
  EXPECT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(ReadBack(disk / "a").size(), 50'000u);
  EXPECT_EQ(FirstProblem(disk / "a"), "");
  umount(disk.c_str());
}

TEST_F(ArchiveTest, ForeignFoldersAreLeftAlone) {
  const auto tape = MakeTape();
  Name(*tape, 3);
  PutRows(*tape, 100, 3);
  tape->Close();
  fs::create_directories(root_ / "full/events");
  std::ofstream(root_ / "full/precious") << "mine";
  std::ofstream(root_ / "full/events/notes.parquet") << "mine";
  EXPECT_EQ(RunArchive(Options(tape->name(), "full")).status().code(), absl::StatusCode::kFailedPrecondition);
  std::string error;
  EXPECT_FALSE(PrepareArchiveFolder((root_ / "full").string(), false, &error));
  EXPECT_NE(error.find("not empty"), std::string::npos);
  ASSERT_TRUE(PrepareArchiveFolder((root_ / "full").string(), true, &error)) << error;
  ASSERT_TRUE(RunArchive(Options(tape->name(), "full")).ok());
  ASSERT_TRUE(PrepareArchiveFolder((root_ / "full").string(), true, &error)) << error;
  EXPECT_TRUE(fs::exists(root_ / "full/precious"));
  EXPECT_TRUE(fs::exists(root_ / "full/events/notes.parquet"));
  EXPECT_FALSE(fs::exists(root_ / "full/_archive.json"));
  EXPECT_FALSE(fs::exists(root_ / "full/orders"));
}

}  // namespace
}  // namespace tickgraph
