// SIOCETHTOOL on a throw-away socket.
#include "perf/nic_settings.h"

#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

namespace tickgraph {
namespace {

template <class Request>
bool Ask(int socket, const std::string& name, Request* request) {
  ifreq wanted = {};
  std::strncpy(wanted.ifr_name, name.c_str(), IFNAMSIZ - 1);
  wanted.ifr_data = reinterpret_cast<char*>(request);
  return ioctl(socket, SIOCETHTOOL, &wanted) == 0;
}

}  // namespace

NicSettings ReadNicSettings(const std::string& name) {
  NicSettings out;
  out.name = name;
  const int file = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (file < 0) return out;
  ethtool_ringparam ring = {};
  ring.cmd = ETHTOOL_GRINGPARAM;
  if (Ask(file, name, &ring) && ring.rx_max_pending != 0) {
    out.rx_ring = ring.rx_pending;
    out.rx_ring_max = ring.rx_max_pending;
  }
  ethtool_coalesce coalesce = {};
  coalesce.cmd = ETHTOOL_GCOALESCE;
  if (Ask(file, name, &coalesce)) {
    out.rx_usecs = coalesce.rx_coalesce_usecs;
    out.adaptive_rx = coalesce.use_adaptive_rx_coalesce != 0;
  }
  close(file);
  return out;
}

}  // namespace tickgraph
