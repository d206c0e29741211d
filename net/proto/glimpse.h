// GLIMPSE 5.0: a snapshot of every book over SoupBinTCP, and how the numbered stream goes on from it.
//
// In the flow: TCP bytes -> GlimpseClient -> the messages of the spin (ITCH 5.0) and the number that follows; GlimpseJoin then lets the
// live messages through from that number on. Sans I/O; no allocation after construction; one thread. Invariants: what TCP cuts is put
// together in a fixed buffer; live messages wait in a bounded one, and where it is full the oldest go, which the join then tells as
// missing; a message reaches the caller once and in the order of its number, or not at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "hot/arena.h"
#include "net/proto/soup.h"

namespace tickgraph::glimpse {

inline constexpr uint32_t kEndOfSnapshotBytes = 21;

// `next`: the number with which the live stream goes on.
inline uint32_t EncodeEndOfSnapshot(uint64_t next, uint8_t* out) {
  out[0] = 'G';
  soup::detail::PadLeft(next, 20, out + 1);
  return kEndOfSnapshotBytes;
}

// Takes blanks or zeros as padding, on either side.
inline bool ParseEndOfSnapshot(const uint8_t* message, size_t size, uint64_t* next) {
  return size == kEndOfSnapshotBytes && message[0] == 'G' && soup::ParseNumber(message + 1, 20, next) && *next != 0;
}

enum class ClientState : uint8_t {
  kLoggingIn,
  kReceiving,
  kComplete,  // the spin is whole, and `next()` known
  kRefused,   // login rejected
  kEnded,     // the session or the connection ended before the spin was whole
  kBadBytes,  // no SoupBinTCP
};

// The client's side of one connection. The caller connects, sends EncodeLogin's bytes first, hands over what comes, closes when over(),
// and gives up on a server that says nothing for longer than the caller's patience.
class GlimpseClient {
 public:
  static constexpr size_t kBufferBytes = 2 + 65'535;

  // Returns the bytes to send; `out` holds soup::kLoginRequestSize.
  // A venue is asked with a blank session and number 1; a server that keeps more may take the name of a stream, and the number in front
  // of which the books are wanted.
  static size_t EncodeLogin(std::string_view user, std::string_view password, uint8_t* out, std::string_view session = "",
                            uint64_t number = 1) {
    return soup::EncodeLoginRequest(user, password, session, number, out);
  }

  // Bytes as they came; `on_message(message, size)` is called for each message of the spin.
  template <class OnMessage>
  void OnBytes(const uint8_t* data, size_t size, OnMessage&& on_message) {
    while (size > 0 && !over()) {
      const size_t piece = size < kBufferBytes - held_ ? size : kBufferBytes - held_;
      std::memcpy(buffer_ + held_, data, piece);
      held_ += piece;
      data += piece;
      size -= piece;
      const soup::WalkResult walk = soup::Walk(buffer_, held_, [&](char type, const uint8_t* payload, size_t payload_size) {
        if (!over()) OnPacket(type, payload, payload_size, on_message);
      });
      if (over()) return;
      if (walk.status == soup::WalkStatus::kBadLength || walk.status == soup::WalkStatus::kUnknownType) state_ = ClientState::kBadBytes;
      held_ -= walk.consumed;
      std::memmove(buffer_, buffer_ + walk.consumed, held_);
    }
  }
  // The connection is closed.
  void OnEnd() {
    if (!over()) state_ = ClientState::kEnded;
  }

  [[nodiscard]] ClientState state() const { return state_; }
  [[nodiscard]] bool over() const { return state_ > ClientState::kReceiving; }
  [[nodiscard]] uint64_t next() const { return next_; }
  // Of the accepted login, ten characters; and why it was rejected.
  [[nodiscard]] std::string_view session() const { return {session_, sizeof(session_)}; }
  [[nodiscard]] char reject_reason() const { return reject_reason_; }
  [[nodiscard]] uint64_t messages() const { return messages_; }

 private:
  template <class OnMessage>
  void OnPacket(char type, const uint8_t* payload, size_t size, OnMessage& on_message) {
    if (state_ == ClientState::kLoggingIn) {
      if (type == 'A') {
        std::memcpy(session_, payload, sizeof(session_));  // the walk has checked its length
        state_ = ClientState::kReceiving;
      }
      if (type == 'J') {
        reject_reason_ = static_cast<char>(payload[0]);
        state_ = ClientState::kRefused;
      }
      if (type == 'S') state_ = ClientState::kBadBytes;  // data before the login was answered
    } else if (type == 'S') {
      if (size != 0 && payload[0] == 'G') {
        state_ = ParseEndOfSnapshot(payload, size, &next_) ? ClientState::kComplete : ClientState::kBadBytes;
        return;
      }
      ++messages_;
      on_message(payload, static_cast<uint32_t>(size));
    }
    if (type == 'Z') OnEnd();
  }

  ClientState state_ = ClientState::kLoggingIn;
  uint64_t next_ = 0, messages_ = 0;
  char session_[10] = {}, reject_reason_ = ' ';
  size_t held_ = 0;
  uint8_t buffer_[kBufferBytes];
};

// Live messages, in order of their numbers, meet the snapshot. What neither holds is told, never skipped.
class GlimpseJoin {
 public:
  enum class State : uint8_t {
    kBuffering,  // the snapshot is not there yet
    kJoined,     // live messages go through
    kMissing,    // [missing_first, missing_end) is in neither: ask for it, or take a newer snapshot after Restart
  };

  // Throws std::runtime_error when memory is short (start only).
  explicit GlimpseJoin(size_t buffer_bytes) : buffer_(buffer_bytes) {}

  // The live message `number`; `apply(number, message, size)` is called at once where joined. Numbers may jump, where some were lost.
  template <class Apply>
  void OnLive(uint64_t number, const uint8_t* message, uint32_t size, Apply&& apply) {
    if (state_ == State::kJoined) {
      if (number == next_) {
        apply(number, message, size);
        ++next_;
      } else if (number > next_) {
        Miss(next_, number);
        Keep(number, message, size);
      }
      return;
    }
    Keep(number, message, size);
  }

  // The snapshot is applied, and says that `next` is the number to go on with. Buffered messages from there on are applied.
  template <class Apply>
  State OnSnapshot(uint64_t next, Apply&& apply) {
    next_ = next;
    state_ = State::kJoined;
    while (count_ != 0) {
      const Entry entry = Front();
      if (entry.number > next_) {
        Miss(next_, entry.number);
        return state_;
      }
      if (entry.number == next_) {
        apply(entry.number, buffer_.data() + head_ + sizeof(Entry), entry.size);
        ++next_;
      }
      Pop();
    }
    head_ = tail_ = 0;
    return state_;
  }

  // The missing messages were had otherwise: the caller applied them, and what waits behind goes on.
  template <class Apply>
  State OnFilled(uint64_t next, Apply&& apply) {
    return OnSnapshot(next, apply);
  }
  // A new snapshot is awaited; what waits stays.
  void Restart() { state_ = State::kBuffering; }

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] uint64_t next() const { return next_; }
  [[nodiscard]] uint64_t missing_first() const { return missing_first_; }
  [[nodiscard]] uint64_t missing_end() const { return missing_end_; }
  [[nodiscard]] uint64_t buffered() const { return count_; }
  [[nodiscard]] uint64_t dropped() const { return dropped_; }  // for want of room

 private:
  struct Entry {
    uint64_t number;
    uint32_t size, bytes;  // of the message; of the entry, or of what is left unused at the end where it stands in size kSkip
  };
  static constexpr uint32_t kSkip = UINT32_MAX;

  void Miss(uint64_t first, uint64_t end) {
    missing_first_ = first;
    missing_end_ = end;
    state_ = State::kMissing;
  }

  Entry Front() {
    Entry entry;
    std::memcpy(&entry, buffer_.data() + head_, sizeof(entry));
    if (entry.size == kSkip) {
      head_ = 0;
      std::memcpy(&entry, buffer_.data(), sizeof(entry));
    }
    return entry;
  }
  void Pop() {
    const Entry entry = Front();
    head_ += entry.bytes;
    if (--count_ == 0) head_ = tail_ = 0;
  }

  // The oldest make room: a snapshot that is still to come knows them, most likely.
  void Keep(uint64_t number, const uint8_t* message, uint32_t size) {
    if (count_ != 0 && number <= last_) return;
    const size_t bytes = (sizeof(Entry) + size + 7) & ~size_t{7};
    const size_t room = buffer_.size();
    if (bytes + sizeof(Entry) > room) {
      ++dropped_;
      return;
    }
    while (!Fits(bytes)) {
      Pop();
      ++dropped_;
    }
    if (count_ != 0 && tail_ >= head_ && room - tail_ < bytes + sizeof(Entry)) {
      const Entry skip = {0, kSkip, 0};
      std::memcpy(buffer_.data() + tail_, &skip, sizeof(skip));
      tail_ = 0;
    }
    const Entry entry = {number, size, static_cast<uint32_t>(bytes)};
    std::memcpy(buffer_.data() + tail_, &entry, sizeof(entry));
    std::memcpy(buffer_.data() + tail_ + sizeof(entry), message, size);
    tail_ += bytes;
    last_ = number;
    ++count_;
  }

  // Room for an entry behind the last one, or at the start; there is always room left for the mark that sends the reader there.
  [[nodiscard]] bool Fits(size_t bytes) const {
    const size_t room = buffer_.size();
    if (count_ == 0) return true;
    if (tail_ < head_) return head_ - tail_ > bytes;
    return room - tail_ >= bytes + sizeof(Entry) || head_ > bytes;
  }

  HugeArray<uint8_t> buffer_;
  size_t head_ = 0, tail_ = 0;
  uint64_t count_ = 0, last_ = 0, dropped_ = 0;
  State state_ = State::kBuffering;
  uint64_t next_ = 0, missing_first_ = 0, missing_end_ = 0;
};

}  // namespace tickgraph::glimpse
