/** 24 × 24, drawn with a line of 1.8. */
const paths = {
  live: "M3 8.5A2.5 2.5 0 0 1 5.500 6H13a2.500 2.500 0 0 1 2.500 2.500v7A2.500 2.500 0 0 1 13 18H5.500A2.500 2.500 0 0 1 3 15.500zM15.500 11l5.500-3.500v9L15.500 13",
  events: "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
  zones: "M5 7l8-3 7 6-3 9-11 1z",
  settings: "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.500v5M9 14.500v5",
  health: "M3 12h4l2.500-6 4.500 12 2.500-6H21",
  account: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20c.8-3.500 3.700-5 7.500-5s6.700 1.500 7.500 5",
  pin: "M9 4h6l-1 6 3 3H7l3-3zM12 13v7",
  check: "M5 12.500l4.500 4.500L19 7.500",
  play: "M8 5.500v13l10.500-6.500z",
  pause: "M8 5.500v13M16 5.500v13",
  back: "M14.500 5.500L8 12l6.500 6.500",
  next: "M9.500 5.500L16 12l-6.500 6.500",
  download: "M12 4v11M7.500 10.500L12 15l4.500-4.500M5 19.500h14",
  trash: "M5 7h14M10 7V4.500h4V7M7 7l1 12.500h8L17 7",
  warning: "M12 4l9 15.500H3zM12 10v4.500M12 17v.2",
  bell: "M6 16.500V11a6 6 0 0 1 12 0v5.500l1.500 1.500h-15zM10 20.500h4",
  plus: "M12 5v14M5 12h14",
  empty: "M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8",
} as const;

export type IconName = keyof typeof paths;

/** A picture beside a text that says the same; screen readers pass it over. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
