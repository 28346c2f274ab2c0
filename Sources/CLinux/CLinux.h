// The Linux and crypt(5) interfaces that the toolchain's Glibc module leaves out.
#ifndef CLINUX_H
#define CLINUX_H

#include <crypt.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/types.h>

// glibc has these behind _GNU_SOURCE, with which the toolchain does not build its Glibc module. The prototypes
// are those of the manual pages accept(2), rename(2), fallocate(2), sem_clockwait(3),
// sched(7) and posix_spawn(3); the values are the kernel's interface.
#ifndef _GNU_SOURCE
struct sockaddr;
int accept4(int socket, struct sockaddr *address, unsigned int *length, int flags);
int renameat2(int old_folder, const char *old_path, int new_folder, const char *new_path, unsigned int flags);
int fallocate(int descriptor, int mode, off_t offset, off_t length);
int sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *deadline);
enum { RENAME_NOREPLACE = 1, RENAME_EXCHANGE = 2, FALLOC_FL_KEEP_SIZE = 1, F_SETSIG = 10, F_SETLEASE = 1024 };
enum { POSIX_SPAWN_SETSID = 0x80, SCHED_IDLE = 5 };
struct ucred {
  pid_t pid;
  uid_t uid;
  gid_t gid;
};
#endif

// Swift calls no function with a variable number of arguments, and prctl(2) is one.
static inline int end_with_parent(void) { return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); }

#endif
