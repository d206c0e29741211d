#include "hot/counters_page.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <thread>

namespace tickgraph {
namespace {

std::string NameOf(const char* what) { return std::string("counters-test-") + what + "-" + std::to_string(getpid()); }

// Every word of a publication is the same number, so a torn copy shows.
HotCounters AllOf(uint64_t number) {
  HotCounters out;
  auto* words = reinterpret_cast<uint64_t*>(&out);
  for (size_t i = 0; i < kCounterWords; ++i) words[i] = number;
  return out;
}

TEST(CountersPageTest, ReadsWhatWasPublished) {
  std::string error;
  const std::string name = NameOf("read");
  auto writer = CountersWriter::Create(name, &error);
  ASSERT_NE(writer, nullptr) << error;
  const auto reader = CountersReader::Open(name, &error);
  ASSERT_NE(reader, nullptr) << error;
  HotCounters out;
  EXPECT_FALSE(reader->Read(&out)) << "nothing was published yet";
  HotCounters in;
  in.messages = 7;
  in.net_lots = -3;
  in.venues[15].gaps = 9;
  in.stages[6].max_ns = 11;
  writer->Publish(in);
  ASSERT_TRUE(reader->Read(&out));
  EXPECT_EQ(out.messages, 7u);
  EXPECT_EQ(out.net_lots, -3);
  EXPECT_EQ(out.venues[15].gaps, 9u);
  EXPECT_EQ(out.stages[6].max_ns, 11u);
  EXPECT_EQ(reader->writer_pid(), static_cast<uint32_t>(getpid()));
  EXPECT_EQ(reader->state(), CountersState::kRunning);
  writer.reset();
  EXPECT_EQ(reader->state(), CountersState::kEnded);
  EXPECT_TRUE(reader->Read(&out)) << "who holds the page still has the last counters";
  EXPECT_FALSE(std::filesystem::exists(CountersPath(name)));
  EXPECT_EQ(CountersReader::Open(name, &error), nullptr);
}

TEST(CountersPageTest, ANameInUseIsRefused) {
  std::string error;
  const auto first = CountersWriter::Create(NameOf("twice"), &error);
  ASSERT_NE(first, nullptr) << error;
  EXPECT_EQ(CountersWriter::Create(NameOf("twice"), &error), nullptr);
  EXPECT_NE(error.find("in use"), std::string::npos) << error;
}

TEST(CountersPageTest, NoCopyIsTorn) {
  std::string error;
  const std::string name = NameOf("torn");
  const auto writer = CountersWriter::Create(name, &error);
  ASSERT_NE(writer, nullptr) << error;
  const auto reader = CountersReader::Open(name, &error);
  ASSERT_NE(reader, nullptr) << error;
  std::atomic<bool> done{false};
  std::atomic<uint64_t> changes{0};
  uint64_t published = 0;
  std::thread thread([&] {
    // Until the reader was let run beside it, on whatever machine.
    for (; published < 100'000 || (changes.load() < 10 && published < 100'000'000);) writer->Publish(AllOf(++published));
    done.store(true);
  });
  uint64_t last = 0;
  for (bool over = false; !over;) {
    over = done.load();
    HotCounters out;
    if (!reader->Read(&out)) continue;
    const auto* words = reinterpret_cast<const uint64_t*>(&out);
    for (size_t i = 1; i < kCounterWords; ++i) ASSERT_EQ(words[i], words[0]);
    ASSERT_GE(words[0], last);
    changes += words[0] != last;
    last = words[0];
  }
  thread.join();
  EXPECT_EQ(last, published);
  EXPECT_GE(changes.load(), 10u);
}

TEST(CountersPageTest, ADeadWriterIsNoticedAndItsPageRemovedByTheNext) {
  const std::string name = NameOf("dead");
  const pid_t child = fork();
  if (child == 0) {
    std::string error;
    const auto writer = CountersWriter::Create(name, &error);
    if (writer != nullptr) writer->Publish(AllOf(1));
    kill(getpid(), SIGKILL);
  }
  waitpid(child, nullptr, 0);
  std::string error;
  {
    const auto reader = CountersReader::Open(name, &error);
    ASSERT_NE(reader, nullptr) << error;
    EXPECT_EQ(reader->state(), CountersState::kDied);
    HotCounters out;
    EXPECT_TRUE(reader->Read(&out));
    EXPECT_EQ(out.messages, 1u);
  }
  const auto other = CountersWriter::Create(NameOf("next"), &error);
  ASSERT_NE(other, nullptr) << error;
  EXPECT_FALSE(std::filesystem::exists(CountersPath(name)));
  EXPECT_TRUE(std::filesystem::exists(CountersPath(NameOf("next"))));
}

// Killed while it made its page, or of another version: neither keeps its name from the next one.
TEST(CountersPageTest, WhatADeadProcessBeganIsRemovedByTheNext) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  for (const size_t size : {size_t{32}, size_t{4096}, size_t{1} << 20}) {
    const std::string name = NameOf("begun");
    std::FILE* file = std::fopen(CountersPath(name).c_str(), "w");
    ASSERT_NE(file, nullptr);
    // As CountersLayout begins: no magic yet, no size, a start time, the dead process.
    const struct {
      uint64_t magic = 0, bytes = 0, writer_start_time = 1;
      uint32_t writer_pid, reserved = 0;
    } owner = {.writer_pid = static_cast<uint32_t>(child)};
    std::fwrite(&owner, sizeof(owner), 1, file);
    std::fclose(file);
    std::filesystem::resize_file(CountersPath(name), size);
    std::string error;
    EXPECT_NE(CountersWriter::Create(name, &error), nullptr) << size << ": " << error;
  }
}

TEST(CountersPageTest, APageOfAnotherVersionIsRefused) {
  const std::string name = NameOf("short");
  std::FILE* file = std::fopen(CountersPath(name).c_str(), "w");
  ASSERT_NE(file, nullptr);
  std::fputs("short", file);
  std::fclose(file);
  std::string error;
  EXPECT_EQ(CountersReader::Open(name, &error), nullptr);
  EXPECT_NE(error.find("another version"), std::string::npos) << error;
  std::filesystem::remove(CountersPath(name));
}

}  // namespace
}  // namespace tickgraph
