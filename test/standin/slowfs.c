/*
 * A folder on a disk that can hang: `slowfs -f MOUNT` passes every call on to
 * the folder in SLOWFS_FOLDER, and while there is a file at SLOWFS_HANG, no call that writes returns.
 */
#define FUSE_USE_VERSION 31
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

static const char *folder;
static const char *hang;

static const char *at(const char *path, char *to) {
  snprintf(to, 4096, "%s%s", folder, path);
  return to;
}

static void wait_for_disk(void) {
  const struct timespec moment = {0, 10 * 1000 * 1000};
  while (access(hang, F_OK) == 0) nanosleep(&moment, NULL);
}

static int done(long result) { return result < 0 ? -errno : (int)result; }

static int do_getattr(const char *path, struct stat *status, struct fuse_file_info *info) {
  char real[4096];
  (void)info;
  return done(lstat(at(path, real), status));
}

static int do_readdir(const char *path, void *buffer, fuse_fill_dir_t fill, off_t offset,
                      struct fuse_file_info *info, enum fuse_readdir_flags flags) {
  char real[4096];
  (void)offset, (void)info, (void)flags;
  DIR *listing = opendir(at(path, real));
  if (listing == NULL) return -errno;
  for (struct dirent *entry; (entry = readdir(listing)) != NULL;) fill(buffer, entry->d_name, NULL, 0, 0);
  closedir(listing);
  return 0;
}

static int do_open(const char *path, struct fuse_file_info *info) {
  char real[4096];
  const int fd = open(at(path, real), info->flags & ~O_APPEND);
  if (fd < 0) return -errno;
  info->fh = (uint64_t)fd;
  return 0;
}

static int do_create(const char *path, mode_t mode, struct fuse_file_info *info) {
  char real[4096];
  wait_for_disk();
  const int fd = open(at(path, real), info->flags | O_CREAT, mode);
  if (fd < 0) return -errno;
  info->fh = (uint64_t)fd;
  return 0;
}

static int do_read(const char *path, char *to, size_t size, off_t offset, struct fuse_file_info *info) {
  (void)path;
  return done(pread((int)info->fh, to, size, offset));
}

static int do_write(const char *path, const char *from, size_t size, off_t offset, struct fuse_file_info *info) {
  (void)path;
  wait_for_disk();
  return done(pwrite((int)info->fh, from, size, offset));
}

static int do_fsync(const char *path, int data_only, struct fuse_file_info *info) {
  (void)path, (void)data_only;
  wait_for_disk();
  return done(fsync((int)info->fh));
}

static int do_release(const char *path, struct fuse_file_info *info) {
  (void)path;
  return done(close((int)info->fh));
}

static int do_truncate(const char *path, off_t size, struct fuse_file_info *info) {
  char real[4096];
  (void)info;
  wait_for_disk();
  return done(truncate(at(path, real), size));
}

static int do_unlink(const char *path) {
  char real[4096];
  wait_for_disk();
  return done(unlink(at(path, real)));
}

static int do_mkdir(const char *path, mode_t mode) {
  char real[4096];
  wait_for_disk();
  return done(mkdir(at(path, real), mode));
}

static int do_rename(const char *from, const char *to, unsigned int flags) {
  char real[4096], other[4096];
  (void)flags;
  wait_for_disk();
  return done(rename(at(from, real), at(to, other)));
}

static int do_chmod(const char *path, mode_t mode, struct fuse_file_info *info) {
  char real[4096];
  (void)info;
  wait_for_disk();
  return done(chmod(at(path, real), mode));
}

static int do_chown(const char *path, uid_t owner, gid_t group, struct fuse_file_info *info) {
  char real[4096];
  (void)info;
  wait_for_disk();
  return done(lchown(at(path, real), owner, group));
}

static int do_statfs(const char *path, struct statvfs *status) {
  char real[4096];
  return done(statvfs(at(path, real), status));
}

static const struct fuse_operations operations = {
    .getattr = do_getattr, .readdir = do_readdir,   .open = do_open,         .create = do_create,
    .read = do_read,       .write = do_write,       .fsync = do_fsync,       .release = do_release,
    .unlink = do_unlink,   .truncate = do_truncate, .mkdir = do_mkdir,       .rename = do_rename,
    .chmod = do_chmod,     .chown = do_chown,       .statfs = do_statfs,
};

int main(int argc, char *argv[]) {
  folder = getenv("SLOWFS_FOLDER");
  hang = getenv("SLOWFS_HANG");
  if (folder == NULL || hang == NULL) return fprintf(stderr, "slowfs: SLOWFS_FOLDER and SLOWFS_HANG must be set\n"), 2;
  return fuse_main(argc, argv, &operations, NULL);
}
