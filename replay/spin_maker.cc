#include "replay/spin_maker.h"

#include <algorithm>
#include <exception>

#include "net/proto/moldudp64.h"
#include "net/proto/soup.h"

namespace tickgraph {
namespace {

// No stream can hold more orders than it has messages; one that holds more at once than any venue's gets no spin.
BookSetConfig RoomFor(uint64_t messages) {
  BookSetConfig config;
  const auto most = static_cast<uint32_t>(std::clamp<uint64_t>(messages, 1 << 10, 1 << 22));
  config.max_orders = most;
  config.max_levels = std::min(most, 1u << 21);
  return config;
}

}  // namespace

std::string SessionName(const RetransmitStream& stream) { return std::string(MoldVenueName(stream.session.data()).view()); }

const RetransmitStream* SpinMaker::Find(std::string_view session, std::string* why) const {
  const RetransmitStream* found = nullptr;
  for (const RetransmitStream& stream : index_.streams()) {
    if (stream.is_options || (!session.empty() && SessionName(stream) != session)) continue;
    if (found != nullptr) {
      *why = "the capture has several sessions, and the login names none";
      return nullptr;
    }
    found = &stream;
  }
  if (found == nullptr) *why = "the capture has no session '" + std::string(session) + "'";
  return found;
}

SpinMaker::Bytes SpinMaker::Make(const RetransmitStream& stream, uint64_t number, std::string* why) {
  const uint64_t end = stream.epochs.front().last_end;
  if (number <= 1) number = at_message_ != 0 ? at_message_ + 1 : end;
  if (number > end) {
    *why = "message " + std::to_string(number - 1) + " is asked for, the last is " + std::to_string(end - 1);
    return nullptr;
  }
  Progress& progress = streams_[&stream];
  if (progress.spin != nullptr && progress.made == number) return progress.spin;
  if (progress.books == nullptr || progress.next > number) {
    progress = {};
    try {
      progress.books = std::make_unique<GlimpseSnapshot>(RoomFor(end));
    } catch (const std::exception& error) {
      *why = error.what();  // one login more than there is memory for: who has his books keeps them
      return nullptr;
    }
  }
  if (!PlayTo(stream, number, &progress, why)) return nullptr;
  if (!progress.books->whole()) {
    *why = "the books in front of message " + std::to_string(number) + " found no room in memory";
    return nullptr;
  }
  auto bytes = std::make_shared<std::vector<uint8_t>>();
  progress.books->Write(number, [&bytes](const uint8_t* message, uint32_t size) {
    const size_t at = bytes->size();
    bytes->resize(at + soup::kHeaderSize + size);
    soup::Encode('S', message, size, bytes->data() + at);
  });
  progress.made = number;
  progress.spin = std::move(bytes);
  return progress.spin;
}

bool SpinMaker::PlayTo(const RetransmitStream& stream, uint64_t number, Progress* progress, std::string* why) const {
  const RetransmitEpoch& epoch = stream.epochs.front();
  while (progress->next < number) {
    const RetransmitEntry* entry = epoch.FirstOf(progress->next, progress->next + 1);
    const MoldPacket mold = entry == nullptr ? MoldPacket{} : ParseMoldPacket(index_.Payload(*entry), entry->size);
    if (mold.status != MoldStatus::kData || mold.sequence != entry->base || mold.count < entry->end - entry->base) {
      *why = "message " + std::to_string(progress->next) + " is missing in the capture";
      return false;
    }
    const uint64_t end = std::min(entry->end, number);
    ForEachMoldMessage(mold.blocks, entry->base, progress->next, end,
                       [&](const uint8_t* message, uint32_t size, uint64_t) { progress->books->Apply(message, size); });
    progress->next = end;
  }
  return true;
}

}  // namespace tickgraph
