// Reads a capture once and notes where its messages stand; see retransmit_index.h.
#include "replay/retransmit_index.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "net/io/file/capture_reader.h"
#include "net/proto/feed_stream.h"
#include "net/proto/frame.h"
#include "net/proto/moldudp64.h"
#include "net/proto/opra.h"

namespace tickgraph {

const RetransmitEntry* RetransmitEpoch::FirstOf(uint64_t from, uint64_t end) const {
  if (from >= end) return nullptr;
  const auto found = std::upper_bound(entries.begin(), entries.end(), from, [](uint64_t n, const RetransmitEntry& e) { return n < e.end; });
  return found == entries.end() || found->from >= end ? nullptr : &*found;
}

class RetransmitIndex::Builder {
 public:
  Builder(RetransmitIndex& index, std::FILE* copies) : index_(index), copies_(copies) {}

  // False: a payload could not be copied.
  bool Add(const PacketView& packet) {
    const Frame frame = ParseFrame(packet);
    if (frame.status != FrameStatus::kUdp) return true;
    RetransmitEntry entry;
    entry.ts_recv_ns = packet.ts_recv_ns;
    entry.size = frame.size;
    entry.offset = packet.file_offset + static_cast<uint64_t>(frame.payload - packet.data);
    RetransmitEpoch* epoch = LooksLikeOpra(frame.payload, frame.size) ? AddOpra(frame, &entry) : AddMold(frame, &entry);
    return epoch == nullptr || Keep(*epoch, entry, frame.payload);
  }

  // Sorts what came out of order, and leaves each number to one entry.
  void Finish() {
    for (RetransmitStream& stream : index_.streams_) {
      for (RetransmitEpoch& epoch : stream.epochs) {
        std::stable_sort(epoch.entries.begin(), epoch.entries.end(), [](const auto& a, const auto& b) { return a.base < b.base; });
        uint64_t known_end = 0;
        for (RetransmitEntry& entry : epoch.entries) {
          entry.from = std::max(entry.base, known_end);
          known_end = std::max(known_end, entry.end);
        }
        std::erase_if(epoch.entries, [](const RetransmitEntry& entry) { return entry.from >= entry.end; });
        epoch.entries.shrink_to_fit();
      }
    }
  }

 private:
  static uint64_t DestinationOf(const Frame& frame) { return uint64_t{frame.destination} << 16 | frame.destination_port; }

  RetransmitEpoch* AddMold(const Frame& frame, RetransmitEntry* entry) {
    const MoldPacket mold = ParseMoldPacket(frame.payload, frame.size);
    if (mold.status != MoldStatus::kData || !IsMoldSession(mold.session)) return nullptr;
    auto* stream = const_cast<RetransmitStream*>(index_.Mold(mold.session));
    if (stream == nullptr) {
      stream = &index_.streams_.emplace_back();
      std::memcpy(stream->session.data(), mold.session, kMoldSessionBytes);
      stream->epochs.resize(1);
    }
    entry->base = mold.sequence;
    entry->end = mold.sequence + mold.count;
    return &stream->epochs.front();
  }

  // Start of day and line integrity are never sent again.
  RetransmitEpoch* AddOpra(const Frame& frame, RetransmitEntry* entry) {
    const OpraBlock block = ParseOpraBlock(frame.payload, frame.size);
    if (!block.good || block.retransmitted || block.control == 'N') return nullptr;
    RetransmitStream& stream = OpraOf(frame.destination_port);
    size_t& line_epoch = EpochOf(stream, DestinationOf(frame));
    if (block.control == 'K' || (block.control == 'C' && block.sequence == 0)) ++line_epoch;
    while (line_epoch >= stream.epochs.size()) {
      stream.epochs.emplace_back();
      stream.epochs.back().start_ns = entry->ts_recv_ns;
      stream.epochs.back().last_end = block.sequence;
    }
    if (block.control == 'C') return nullptr;
    RetransmitEpoch& epoch = stream.epochs[line_epoch];
    if (!OpraNumbers::Unwrap(block.sequence, epoch.last_end, &entry->base)) return nullptr;
    entry->end = entry->base + block.count;
    return &epoch;
  }

  RetransmitStream& OpraOf(uint16_t port) {
    if (const RetransmitStream* known = index_.Opra(port)) return const_cast<RetransmitStream&>(*known);
    RetransmitStream& stream = index_.streams_.emplace_back();
    stream.is_options = true;
    stream.port = port;
    return stream;
  }

  // Each line says every restart itself, so that the n-th of one line is the n-th of the other, however far it lags.
  static size_t& EpochOf(RetransmitStream& stream, uint64_t destination) {
    for (auto& [known, epoch] : stream.lines) {
      if (known == destination) return epoch;
    }
    return stream.lines.emplace_back(destination, 0).second;
  }

  bool Keep(RetransmitEpoch& epoch, RetransmitEntry& entry, const uint8_t* payload) {
    entry.from = entry.base;
    if (entry.end <= entry.from || IsCopy(epoch, entry)) return true;
    epoch.last_end = std::max(epoch.last_end, entry.end);
    if (copies_ != nullptr) {
      entry.offset = copied_;
      copied_ += entry.size;
      if (std::fwrite(payload, 1, entry.size, copies_) != entry.size) return false;
    }
    epoch.entries.push_back(entry);
    return true;
  }

  // Copies from the other line come soon: a look at the last few finds them, and Finish the others.
  static bool IsCopy(const RetransmitEpoch& epoch, const RetransmitEntry& entry) {
    if (entry.base >= epoch.last_end) return false;
    constexpr size_t kLook = 64;
    const size_t count = epoch.entries.size();
    for (size_t i = count; i > 0 && count - i < kLook; --i) {
      const RetransmitEntry& known = epoch.entries[i - 1];
      if (known.base <= entry.base && entry.end <= known.end) return true;
    }
    return false;
  }

  RetransmitIndex& index_;
  std::FILE* copies_;  // null where the capture itself is mapped
  uint64_t copied_ = 0;
};

std::unique_ptr<RetransmitIndex> RetransmitIndex::Build(const std::string& path, std::string* error) {
  const auto reader = CaptureReader::Open(path, error);
  if (reader == nullptr) return nullptr;
  const auto fail = [&](const std::string& why) {
    *error = path + ": " + why;
    return nullptr;
  };
  if (reader->format() == CaptureFormat::kItchFile) return fail("raw ITCH has no numbers to ask for; a capture of packets is expected");
  const size_t file_size = reader->bytes().file_size();
  const bool plain = reader->bytes().compression() == Compression::kNone && file_size != 0;
  const auto close_file = [](std::FILE* f) { return std::fclose(f); };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> copies(plain ? nullptr : std::tmpfile(), close_file);
  if (!plain && copies == nullptr) return fail(std::string("no temporary file to unpack it to: ") + std::strerror(errno));

  std::unique_ptr<RetransmitIndex> index(new RetransmitIndex);
  Builder builder(*index, copies.get());
  std::array<PacketView, 64> packets;
  while (const uint32_t count = reader->ReadBurst(packets.data(), packets.size())) {
    for (uint32_t i = 0; i < count; ++i) {
      if (!builder.Add(packets[i])) return fail(std::string("writing the temporary file that it is unpacked to: ") + std::strerror(errno));
    }
  }
  builder.Finish();
  if (reader->damage().has_value()) index->damage_ = reader->DamageText();
  if (index->streams_.empty()) return fail("holds neither MoldUDP64 packets nor OPRA blocks to retransmit");
  const int fd = plain ? open(path.c_str(), O_RDONLY | O_CLOEXEC) : std::fflush(copies.get()) == 0 ? fileno(copies.get()) : -1;
  const bool mapped = fd >= 0 && index->Map(fd, plain ? file_size : static_cast<size_t>(std::ftell(copies.get())));
  if (plain && fd >= 0) close(fd);
  if (!mapped) return fail(std::string("cannot be mapped: ") + std::strerror(errno));
  return index;
}

RetransmitIndex::~RetransmitIndex() {
  if (map_ != nullptr) munmap(const_cast<uint8_t*>(map_), map_bytes_);
}

bool RetransmitIndex::Map(int fd, size_t size) {
  void* p = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (p == MAP_FAILED) return false;
  map_ = static_cast<const uint8_t*>(p);
  map_bytes_ = size;
  return true;
}

const RetransmitStream* RetransmitIndex::Mold(const uint8_t* session) const {
  for (const RetransmitStream& stream : streams_) {
    if (!stream.is_options && std::memcmp(stream.session.data(), session, kMoldSessionBytes) == 0) return &stream;
  }
  return nullptr;
}

const RetransmitStream* RetransmitIndex::Opra(uint16_t port) const {
  for (const RetransmitStream& stream : streams_) {
    if (stream.is_options && stream.port == port) return &stream;
  }
  return nullptr;
}

}  // namespace tickgraph
