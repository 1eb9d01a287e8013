/*
 * Stands in for the kernel's /sys/class/gpio (Documentation/admin-guide/gpio/sysfs.rst): a FUSE file system with one
 * chip, on which the real onoff exports, drives and polls pins. A plain file can't do the last: poll() must answer
 * with POLLPRI | POLLERR after a change, until the value is read.
 *
 * Usage: gpiosim BASE NGPIO LABEL BUSY MOUNTPOINT. BUSY is the offset of a pin that a driver holds, -1 for none.
 *
 * Two files are not the kernel's; they are the wires. ".wire": writing "17 1" puts 3.3 V on the offset 17, if it is
 * an input. ".levels": every change of a level since the start, as lines "NANOSECONDS OFFSET LEVEL" by
 * CLOCK_MONOTONIC.
 */
#define FUSE_USE_VERSION 31
#include <errno.h>
#include <fuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <poll.h>

#define MAX_PINS 512
#define MAX_LINES (1 << 16)

enum edge { NONE, RISING, FALLING, BOTH };
static const char *edge_names[] = {"none", "rising", "falling", "both"};

struct pin {
	int exported, is_output, level, active_low;
	enum edge edge;
	/* Counts the events of poll(); each open file remembers which it has seen. */
	unsigned events;
};

struct handle {
	int pin;
	unsigned seen;
	struct fuse_pollhandle *waiting;
	struct handle *next;
};

struct change {
	long long ns;
	short offset, level;
};

static int base, ngpio, busy;
static const char *label;
static struct pin pins[MAX_PINS];
static struct handle *handles;
static struct change changes[MAX_LINES];
static unsigned change_count;

static void set_level(int offset, int level)
{
	struct pin *pin = &pins[offset];
	if (pin->level == level)
		return;
	pin->level = level;
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	changes[change_count++ % MAX_LINES] =
		(struct change){now.tv_sec * 1000000000LL + now.tv_nsec, offset, level};
	/* Rising and falling are edges of the value, which active_low turns around. */
	int value = level ^ pin->active_low;
	if (pin->is_output || !(pin->edge == BOTH || pin->edge == (value ? RISING : FALLING)))
		return;
	pin->events++;
	for (struct handle *handle = handles; handle; handle = handle->next) {
		if (handle->pin != offset || !handle->waiting)
			continue;
		fuse_notify_poll(handle->waiting);
		fuse_pollhandle_destroy(handle->waiting);
		handle->waiting = NULL;
	}
}

/* The offset of the pin that "/gpio529/…" means, and the rest of the path in `file`; -1 where it is not exported. */
static int pin_of(const char *path, const char **file)
{
	int number, length = 0;
	if (sscanf(path, "/gpio%d%n", &number, &length) != 1)
		return -1;
	*file = path + length;
	int offset = number - base;
	return offset >= 0 && offset < ngpio && pins[offset].exported ? offset : -1;
}

static int is_pin_file(const char *file)
{
	return !strcmp(file, "/value") || !strcmp(file, "/direction") || !strcmp(file, "/edge") ||
	       !strcmp(file, "/active_low");
}

static const char *chip_file(const char *path)
{
	char chip[32];
	int length = snprintf(chip, sizeof chip, "/gpiochip%d", base);
	return strncmp(path, chip, length) ? NULL : path + length;
}

static int sim_getattr(const char *path, struct stat *st, struct fuse_file_info *fi)
{
	(void)fi;
	const char *file, *chip = chip_file(path);
	int offset = pin_of(path, &file);
	memset(st, 0, sizeof *st);
	st->st_nlink = 1;
	st->st_uid = getuid();
	st->st_gid = getgid();
	st->st_size = 4096;
	st->st_mode = S_IFREG | 0644;
	if (!strcmp(path, "/") || (chip && !*chip) || (offset >= 0 && !*file))
		st->st_mode = S_IFDIR | 0755;
	else if (!strcmp(path, "/export") || !strcmp(path, "/unexport"))
		st->st_mode = S_IFREG | 0200;
	else if (strcmp(path, "/.wire") && strcmp(path, "/.levels") &&
		 !(chip && (!strcmp(chip, "/base") || !strcmp(chip, "/ngpio") || !strcmp(chip, "/label"))) &&
		 !(offset >= 0 && is_pin_file(file)))
		return -ENOENT;
	return 0;
}

static int sim_readdir(const char *path, void *buf, fuse_fill_dir_t fill, off_t from, struct fuse_file_info *fi,
		       enum fuse_readdir_flags flags)
{
	(void)from, (void)fi, (void)flags;
	char name[32];
	if (strcmp(path, "/"))
		return 0;
	fill(buf, "export", NULL, 0, 0);
	fill(buf, "unexport", NULL, 0, 0);
	snprintf(name, sizeof name, "gpiochip%d", base);
	fill(buf, name, NULL, 0, 0);
	for (int offset = 0; offset < ngpio; offset++) {
		if (!pins[offset].exported)
			continue;
		snprintf(name, sizeof name, "gpio%d", base + offset);
		fill(buf, name, NULL, 0, 0);
	}
	return 0;
}

static int sim_open(const char *path, struct fuse_file_info *fi)
{
	struct stat st;
	if (sim_getattr(path, &st, NULL))
		return -ENOENT;
	const char *file = "";
	struct handle *handle = calloc(1, sizeof *handle);
	if (!handle)
		return -ENOMEM;
	handle->pin = pin_of(path, &file);
	if (strcmp(file, "/value"))
		handle->pin = -1;
	handle->next = handles;
	handles = handle;
	fi->fh = (uintptr_t)handle;
	/* What the page cache holds is old: a sysfs file is made anew with each read. */
	fi->direct_io = 1;
	return 0;
}

static int sim_release(const char *path, struct fuse_file_info *fi)
{
	(void)path;
	struct handle *gone = (struct handle *)(uintptr_t)fi->fh;
	for (struct handle **link = &handles; *link; link = &(*link)->next) {
		if (*link != gone)
			continue;
		*link = gone->next;
		break;
	}
	if (gone->waiting)
		fuse_pollhandle_destroy(gone->waiting);
	free(gone);
	return 0;
}

static int answer(char *buf, size_t size, off_t from, const char *text, size_t length)
{
	if ((size_t)from >= length)
		return 0;
	size_t count = length - from < size ? length - from : size;
	memcpy(buf, text + from, count);
	return count;
}

static int read_levels(char *buf, size_t size, off_t from)
{
	static char text[MAX_LINES * 32];
	size_t length = 0;
	unsigned first = change_count > MAX_LINES ? change_count - MAX_LINES : 0;
	for (unsigned i = first; i < change_count; i++) {
		struct change *change = &changes[i % MAX_LINES];
		length += sprintf(text + length, "%lld %d %d\n", change->ns, change->offset, change->level);
	}
	return answer(buf, size, from, text, length);
}

static int sim_read(const char *path, char *buf, size_t size, off_t from, struct fuse_file_info *fi)
{
	char text[128];
	const char *file, *chip = chip_file(path);
	int offset = pin_of(path, &file), length;
	if (!strcmp(path, "/.levels"))
		return read_levels(buf, size, from);
	if (chip && !strcmp(chip, "/base"))
		length = snprintf(text, sizeof text, "%d\n", base);
	else if (chip && !strcmp(chip, "/ngpio"))
		length = snprintf(text, sizeof text, "%d\n", ngpio);
	else if (chip && !strcmp(chip, "/label"))
		length = snprintf(text, sizeof text, "%s\n", label);
	else if (offset < 0)
		return -EIO;
	else if (!strcmp(file, "/value")) {
		struct handle *handle = (struct handle *)(uintptr_t)fi->fh;
		handle->seen = pins[offset].events;
		length = snprintf(text, sizeof text, "%d\n", pins[offset].level ^ pins[offset].active_low);
	} else if (!strcmp(file, "/direction"))
		length = snprintf(text, sizeof text, "%s\n", pins[offset].is_output ? "out" : "in");
	else if (!strcmp(file, "/edge"))
		length = snprintf(text, sizeof text, "%s\n", edge_names[pins[offset].edge]);
	else
		length = snprintf(text, sizeof text, "%d\n", pins[offset].active_low);
	return answer(buf, size, from, text, length);
}

static int export(int number, int wanted)
{
	int offset = number - base;
	if (offset < 0 || offset >= ngpio)
		return -EINVAL;
	if (wanted && (offset == busy || pins[offset].exported))
		return -EBUSY;
	if (!wanted && !pins[offset].exported)
		return -EINVAL;
	int level = pins[offset].level;
	pins[offset] = (struct pin){.exported = wanted};
	/* A pin that is given back becomes an input, and nothing drives it. */
	if (wanted)
		pins[offset].level = level;
	return 0;
}

static int write_pin(struct pin *pin, const char *file, const char *word)
{
	int offset = pin - pins;
	if (!strcmp(file, "/value")) {
		if (!pin->is_output)
			return -EPERM;
		set_level(offset, (atoi(word) != 0) ^ pin->active_low);
	} else if (!strcmp(file, "/active_low"))
		pin->active_low = atoi(word) != 0;
	else if (!strcmp(file, "/edge")) {
		int edge;
		for (edge = NONE; edge <= BOTH && strcmp(word, edge_names[edge]); edge++)
			;
		if (edge > BOTH)
			return -EINVAL;
		pin->edge = edge;
	} else if (!strcmp(word, "in"))
		pin->is_output = 0;
	else if (!strcmp(word, "out") || !strcmp(word, "low") || !strcmp(word, "high")) {
		/* "low" and "high" are electrical, whatever active_low says. */
		pin->is_output = 1;
		set_level(offset, !strcmp(word, "high"));
	} else
		return -EINVAL;
	return 0;
}

static int sim_write(const char *path, const char *buf, size_t size, off_t at, struct fuse_file_info *fi)
{
	(void)at, (void)fi;
	char word[32] = "";
	const char *file;
	int offset = pin_of(path, &file), level, error;
	if (size >= sizeof word)
		return -EINVAL;
	memcpy(word, buf, size);
	if (!strcmp(path, "/.wire")) {
		if (sscanf(word, "%d %d", &offset, &level) != 2 || offset < 0 || offset >= ngpio)
			return -EINVAL;
		if (!pins[offset].is_output)
			set_level(offset, level != 0);
		return size;
	}
	word[strcspn(word, "\n")] = 0;
	if (!strcmp(path, "/export") || !strcmp(path, "/unexport"))
		error = export(atoi(word), !strcmp(path, "/export"));
	else
		error = offset < 0 ? -EACCES : write_pin(&pins[offset], file, word);
	return error ? error : (int)size;
}

static int sim_truncate(const char *path, off_t size, struct fuse_file_info *fi)
{
	(void)path, (void)size, (void)fi;
	return 0;
}

static int sim_poll(const char *path, struct fuse_file_info *fi, struct fuse_pollhandle *waiting, unsigned *events)
{
	(void)path;
	struct handle *handle = (struct handle *)(uintptr_t)fi->fh;
	if (waiting) {
		if (handle->waiting)
			fuse_pollhandle_destroy(handle->waiting);
		handle->waiting = waiting;
	}
	*events = POLLIN | POLLOUT;
	if (handle->pin >= 0 && handle->seen != pins[handle->pin].events)
		*events |= POLLPRI | POLLERR;
	return 0;
}

static const struct fuse_operations operations = {
	.getattr = sim_getattr,
	.readdir = sim_readdir,
	.open = sim_open,
	.release = sim_release,
	.read = sim_read,
	.write = sim_write,
	.truncate = sim_truncate,
	.poll = sim_poll,
};

int main(int argc, char **argv)
{
	if (argc != 6) {
		fprintf(stderr, "usage: gpiosim BASE NGPIO LABEL BUSY MOUNTPOINT\n");
		return 2;
	}
	base = atoi(argv[1]);
	ngpio = atoi(argv[2]);
	label = argv[3];
	busy = atoi(argv[4]);
	if (ngpio > MAX_PINS)
		return 2;
	/* In the foreground, one thread: no two calls at the same time. */
	/* A pin that is given back is gone at once, as in the kernel's own: else its folder would be remembered for a second. */
	char *arguments[] = {"gpiosim", "-f", "-s", "-o", "entry_timeout=0,attr_timeout=0", argv[5], NULL};
	return fuse_main(6, arguments, &operations, NULL);
}
