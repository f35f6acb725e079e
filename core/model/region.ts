/** Why there is nothing of Trimtab in a region of China. */
export const NOT_IN_CHINA =
  'a region is not of China: services have other names there, by which nothing here is let in to the key';

/** Whether a region is of China; of a region that is known only at deployment, false. */
export const isOfChina = (region: string | undefined): boolean => region?.startsWith('cn-') ?? false;
