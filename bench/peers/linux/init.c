// SPDX-License-Identifier: Apache-2.0
// The Linux guest's first process: loads the modules of /modules in the order of their names, gives
// eth0 its address and vda no scheduler, runs the command that stands behind `--` on the kernel's
// command line, and powers the machine off when that has ended.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

// The address that Osier's images have by default.
static const char address[] = "10.0.2.15";
static const char netmask[] = "255.255.255.0";

static void load_module(const char* name) {
  char path[512];
  snprintf(path, sizeof path, "/modules/%s", name);
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0 || syscall(SYS_finit_module, file, "", 0) != 0) perror(path);
  close(file);
}

static int is_visible(const struct dirent* entry) { return entry->d_name[0] != '.'; }

static void load_modules(void) {
  struct dirent** entries;
  const int count = scandir("/modules", &entries, is_visible, alphasort);
  if (count < 0) perror("/modules");
  for (int i = 0; i < count; ++i) load_module(entries[i]->d_name);
}

static void set_address(int socket, struct ifreq* request, unsigned long operation,
                        const char* text) {
  struct sockaddr_in value = {.sin_family = AF_INET};
  inet_pton(AF_INET, text, &value.sin_addr);
  memcpy(&request->ifr_addr, &value, sizeof value);
  if (ioctl(socket, operation, request) != 0) perror(text);
}

static void bring_up(const char* interface) {
  if (if_nametoindex(interface) == 0) return;  // the block guest has no network
  const int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct ifreq request = {0};
  strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
  set_address(control, &request, SIOCSIFADDR, address);
  set_address(control, &request, SIOCSIFNETMASK, netmask);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (ioctl(control, SIOCSIFFLAGS, &request) != 0) perror(interface);
  close(control);
}

// One queue of requests gets a scheduler by default, which only costs: the disk is memory.
static void leave_unscheduled(const char* attribute) {
  const int file = open(attribute, O_WRONLY | O_CLOEXEC);
  if (file < 0) return;  // the network guest has no disk
  if (write(file, "none", 4) != 4) perror(attribute);
  close(file);
}

// A line ends as the program ends it, without a carriage return.
static void leave_output_alone(void) {
  struct termios console;
  if (tcgetattr(STDOUT_FILENO, &console) != 0) return;
  console.c_oflag &= ~(tcflag_t)OPOST;
  if (tcsetattr(STDOUT_FILENO, TCSANOW, &console) != 0) perror("console");
}

static void run(char** command) {
  const pid_t child = fork();
  if (child == 0) {
    execv(command[0], command);
    perror(command[0]);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (status != 0) fprintf(stderr, "%s: ended with status %d\n", command[0], status);
}

int main(int argc, char** argv) {
  if (getpid() != 1) {
    fprintf(stderr, "init: this is a guest's first process; it would reboot the host\n");
    return 2;
  }
  if (mount("dev", "/dev", "devtmpfs", 0, NULL) != 0) perror("/dev");
  if (mount("sys", "/sys", "sysfs", 0, NULL) != 0) perror("/sys");
  leave_output_alone();
  load_modules();
  bring_up("eth0");
  leave_unscheduled("/sys/block/vda/queue/scheduler");
  if (argc > 1) {
    run(argv + 1);
  } else {
    fprintf(stderr, "init: nothing to run: the kernel's command line has no `-- COMMAND`\n");
  }
  sync();
  reboot(RB_POWER_OFF);
  return 1;
}
