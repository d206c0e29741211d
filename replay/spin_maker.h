// The books of a capture's streams in front of any message, as the bytes of a GLIMPSE spin.
//
// In the flow: RetransmitIndex -> here -> GlimpseServer sends them. Cold; one thread. Invariants: a spin is made from every message of its
// stream before its number, or not at all; a later spin of a stream goes on from the one before.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "replay/glimpse_snapshot.h"
#include "replay/retransmit_index.h"

namespace tickgraph {

class SpinMaker {
 public:
  using Bytes = std::shared_ptr<const std::vector<uint8_t>>;

  // `at_message`: a spin whose number is not asked for holds the messages up to this one; 0: all of the capture's.
  SpinMaker(const RetransmitIndex& index, uint64_t at_message) : index_(index), at_message_(at_message) {}

  // The stream of that name; of any, where the name is empty and there is but one. Null and `why`.
  [[nodiscard]] const RetransmitStream* Find(std::string_view session, std::string* why) const;

  // Sequenced packets up to the end of the snapshot, for the books in front of message `number`; 0 and 1 leave the number to the server.
  // Null and `why`: the capture does not hold every message before it.
  Bytes Make(const RetransmitStream& stream, uint64_t number, std::string* why);

 private:
  struct Progress {
    std::unique_ptr<GlimpseSnapshot> books;
    uint64_t next = 1;  // the books hold every message before it
    uint64_t made = 0;  // the number of `spin`
    Bytes spin;
  };
  bool PlayTo(const RetransmitStream& stream, uint64_t number, Progress* progress, std::string* why) const;

  const RetransmitIndex& index_;
  const uint64_t at_message_;
  std::map<const RetransmitStream*, Progress> streams_;
};

// The name of a MoldUDP64 stream without its padding.
std::string SessionName(const RetransmitStream& stream);

}  // namespace tickgraph
