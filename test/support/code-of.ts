/** The code of the error that something ends with; the error itself where it has none. Fails when nothing was refused. */
export async function codeOf(act: () => unknown): Promise<unknown> {
  try {
    await act();
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
  throw new Error('nothing was refused');
}
