#!/bin/sh
# Switches GPIO outputs off without Xnorcam, which is not there any more. Standard input says how, one output a line:
#   sysfs /sys/class/gpio/gpio529 low       (the electrical level that is "off")
#   gpiod gpiochip0 17 0
# It begins at the end of the input: as a guard it reads from a pipe that Xnorcam holds open while it lives; systemd
# gives it the file of the service's runtime folder.
trap '' INT TERM HUP
outputs=$(cat)
printf '%s\n' "$outputs" | while read -r kind place pin level; do
  case $kind in
    # "low" and "high" make the pin an output of that level in one step.
    sysfs) echo "$pin" > "$place/direction" ;;
    # A gpioset that lost us may still hold the pin.
    gpiod)
      pkill -9 -f "^gpioset .*--chip $place .*$pin=[01]\$"
      gpioset --toggle 0 --chip "$place" "$pin=$level"
      ;;
  esac
done
