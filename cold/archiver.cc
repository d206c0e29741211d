// The archiver's threads and what passes between them.
#include "cold/archiver.h"

#include <concurrentqueue/blockingconcurrentqueue.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#include "cold/archive_store.h"
#include "cold/encoder.h"
#include "cold/segment.h"
#include "hot/tape.h"

namespace tickgraph {
namespace {

constexpr int kSegments = 3;  // one being read, one encoded, one committed
constexpr auto kPatience = std::chrono::milliseconds(20);

class Archiver {
 public:
  Archiver(const ArchiveOptions& options, TapeReader& tape, ArchiveStore& store)
      : options_(options),
        tape_(tape),
        store_(store),
        names_{&tape},
        planner_(names_),
        cut_(static_cast<uint32_t>(std::clamp<uint64_t>(tape.capacity() / 4, 1, options.max_segment_records))) {
    for (const SegmentManifest& segment : store.segments()) planner_.Learn(segment);
    // A gap row may stand before each record of a segment, in theory.
    for (int i = 0; i < kSegments; ++i) segments_.push_back(std::make_unique<Segment>(2 * cut_ + 1));
    for (const auto& segment : segments_) free_.enqueue(segment.get());
  }

  absl::StatusOr<ArchiveEnd> Run() {
    std::thread reading([this] { Guard([this] { ReadTape(); }); });
    std::vector<std::thread> encoding;
    encoding.reserve(options_.encoder_threads);
    for (int i = 0; i < options_.encoder_threads; ++i) encoding.emplace_back([this] { Guard([this] { EncodeFiles(); }); });
    Guard([this] { CommitSegments(); });
    reading.join();
    for (std::thread& thread : encoding) thread.join();
    if (failed_) return failure_;
    return end_;
  }

 private:
  struct Job {
    Segment* segment = nullptr;
    uint32_t plan = 0;
  };

  void Fail(absl::Status status) {
    const std::lock_guard lock(failure_mutex_);
    if (!failed_) failure_ = std::move(status);
    failed_ = true;
  }
  template <class F>
  void Guard(F f) {
    try {
      f();
    } catch (const std::bad_alloc&) {
      Fail(absl::ResourceExhaustedError("out of memory"));
    } catch (const std::exception& e) {
      Fail(absl::InternalError(e.what()));
    }
  }
  [[nodiscard]] bool stopped() const { return options_.stop != nullptr && options_.stop->load(std::memory_order_relaxed); }

  // ---- the reading thread

  void ReadTape() {
    Segment* segment = nullptr;
    while (!failed_) {
      if (segment == nullptr) {
        if (!free_.wait_dequeue_timed(segment, kPatience)) continue;
        BeginSegment(*segment);
      }
      const bool over = Fill(*segment);
      const bool full = segment->last == segment->first + SegmentRoom(segment->first) - 1;
      if (full || (over && segment->last >= segment->first)) {
        HandOn(std::exchange(segment, nullptr));
      }
      if (over) break;
    }
    reading_done_ = true;
  }

  // Records up to and with the next cut point.
  [[nodiscard]] uint64_t SegmentRoom(uint64_t first) const { return cut_ - (first - 1) % cut_; }

  void BeginSegment(Segment& segment) {
    segment.first = tape_.next();
    segment.last = segment.first - 1;
    segment.count = 0;
    segment.gapped_records = 0;
    segment.files.clear();
  }

  // Reads until the segment is full (false) or the tape or the archiver's time is over (true).
  bool Fill(Segment& segment) {
    const uint64_t end = segment.first + SegmentRoom(segment.first) - 1;
    auto looked = std::chrono::steady_clock::now();
    bool dying = false;
    while (segment.last < end && !failed_) {
      // A writer that goes on publishing must not keep the archiver from ending.
      if (stop_at_ == 0 && stopped()) stop_at_ = std::max<uint64_t>(tape_.written(), 1);
      const bool closed = tape_.closed();  // before the read: what is published then is all
      if (stop_at_ != 0 && segment.last >= stop_at_ && !closed) return SetEnd(ArchiveEnd::kStopped);
      const size_t count = ReadSome(segment, end);
      if (count > 0) continue;
      if (closed) return SetEnd(ArchiveEnd::kClosed);
      if (stop_at_ != 0) return SetEnd(ArchiveEnd::kStopped);
      if (dying) return SetEnd(ArchiveEnd::kWriterDied);
      const auto now = std::chrono::steady_clock::now();
      if (now - looked > kPatience) {
        looked = now;
        dying = !tape_.writer_alive();
        if (dying) continue;  // it may have published, or closed, before it went
      }
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    return failed_;
  }
  bool SetEnd(ArchiveEnd end) {
    end_ = end;
    return true;
  }

  // One read; a gap becomes a row of `gaps` for the part of it that lies in this segment.
  size_t ReadSome(Segment& segment, uint64_t end) {
    constexpr size_t kAtOnce = 4096;
    const size_t wanted = std::min<uint64_t>(kAtOnce, end - segment.last);
    TapeRecord* out = segment.records + segment.count;
    TapeGap gap;
    const size_t count = tape_.Read({out, wanted}, &gap);
    if (count > 0) {
      segment.count += static_cast<uint32_t>(count);
      segment.last += count;
      last_ts_recv_ns_ = out[count - 1].ts_recv_ns;
      return count;
    }
    if (gap.first == 0) return 0;
    gap.last = std::min(gap.last, end);
    tape_.SetNext(gap.last + 1);
    *out = TapeRecord{};
    out->sequence = gap.first;
    out->ts_recv_ns = last_ts_recv_ns_;
    out->instrument = kNoInstrument;
    out->table = TapeTable::kGaps;
    out->venue = kNoVenue;
    out->gap = GapPayload{gap.first, gap.last, 1, {}};
    ++segment.count;
    segment.gapped_records += gap.last - gap.first + 1;
    segment.last = gap.last;
    return 1;
  }

  void HandOn(Segment* segment) {
    planner_.Plan(*segment);
    ++handed_on_;
    const auto files = static_cast<uint32_t>(segment->plans.size());
    segment->unfinished.store(files, std::memory_order_relaxed);  // the queue orders it before the encoders' look
    for (uint32_t i = 0; i < files; ++i) jobs_.enqueue(Job{segment, i});
  }

  // ---- the encoder threads

  void EncodeFiles() {
    TableEncoder encoder;
    while (!failed_ && !committing_done_) {
      Job job;
      if (!jobs_.wait_dequeue_timed(job, kPatience)) continue;
      auto file = Encode(encoder, *job.segment, job.segment->plans[job.plan]);
      if (!file.ok()) return Fail(file.status());
      {
        const std::lock_guard lock(job.segment->mutex);
        job.segment->files.push_back(*std::move(file));
      }
      // Acquire and release: whoever sees zero sees all files.
      if (job.segment->unfinished.fetch_sub(1, std::memory_order_acq_rel) == 1) finished_.enqueue(job.segment);
    }
  }

  absl::StatusOr<ArchiveFile> Encode(TableEncoder& encoder, const Segment& segment, const FilePlan& plan) {
    const std::span<const uint32_t> rows(segment.order.data() + plan.begin, plan.end - plan.begin);
    const auto bytes = encoder.Encode(plan.table, plan.flat, segment.records, rows, names_);
    if (!bytes.ok()) return bytes.status();
    return store_.WriteFile(plan.folder, plan.name,
                            {reinterpret_cast<const char*>((*bytes)->data()), static_cast<size_t>((*bytes)->size())}, rows.size());
  }

  // ---- the calling thread

  void CommitSegments() {
    std::map<uint64_t, Segment*> waiting;
    uint64_t committed = 0;
    while (!failed_) {
      if (reading_done_ && committed == handed_on_) break;
      Segment* segment = nullptr;
      if (finished_.wait_dequeue_timed(segment, kPatience)) waiting[segment->first] = segment;
      while (!waiting.empty() && waiting.begin()->first == store_.last() + 1) {
        segment = waiting.begin()->second;
        waiting.erase(waiting.begin());
        SegmentManifest manifest{0, segment->first, segment->last, segment->gapped_records, segment->files};
        if (const auto status = store_.Commit(std::move(manifest), segment->flat_tables); !status.ok()) return Fail(status);
        tape_.SetArchived(store_.last());
        free_.enqueue(segment);
        ++committed;
      }
      if (options_.progress != nullptr) options_.progress(store_.last(), tape_.written());
    }
    committing_done_ = true;
  }

  const ArchiveOptions& options_;
  TapeReader& tape_;
  ArchiveStore& store_;
  TapeNames names_;
  SegmentPlanner planner_;
  const uint32_t cut_;
  uint64_t last_ts_recv_ns_ = 0;
  uint64_t stop_at_ = 0;                   // the last sequence to archive, once told to stop
  ArchiveEnd end_ = ArchiveEnd::kRunning;  // of the reading thread; read after it has ended

  std::vector<std::unique_ptr<Segment>> segments_;
  moodycamel::BlockingConcurrentQueue<Segment*> free_, finished_;
  moodycamel::BlockingConcurrentQueue<Job> jobs_;
  std::atomic<uint64_t> handed_on_{0};
  std::atomic<bool> reading_done_{false}, committing_done_{false}, failed_{false};
  std::mutex failure_mutex_;
  absl::Status failure_;
};

}  // namespace

absl::StatusOr<ArchiveManifest> RunArchive(const ArchiveOptions& options) {
  std::string error;
  const auto tape = TapeReader::Open(options.tape, TapeReader::Mode::kArchive, 1, &error);
  if (tape == nullptr) return absl::NotFoundError(error);
  auto store = ArchiveStore::Open(options.folder, options.tape, tape->session_id());
  if (!store.ok()) return store.status();
  tape->SetNext((*store)->last() + 1);
  tape->SetArchived((*store)->last());
  absl::StatusOr<ArchiveEnd> end = absl::InternalError("");
  {
    Archiver archiver(options, *tape, **store);
    end = archiver.Run();
  }
  if (!end.ok()) {
    // The first error is the one to tell.
    (void)(*store)->RemoveLeftovers();
    return end.status();
  }
  if (const auto status = (*store)->Finish(*end); !status.ok()) return status;
  return (*store)->totals();
}

}  // namespace tickgraph
